"""The command `destination-segment`."""

from __future__ import annotations

import resource
import sys

from destination_segment.destination import DestinationSegment


def main() -> None:
    """Runs the command that the arguments name, or explains the arguments."""
    leave_no_core()
    DestinationSegment().run(sys.argv[1:] or ["--help"])


def leave_no_core() -> None:
    """Has the system write no image of this process, which holds the write key, should it ever crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    main()
