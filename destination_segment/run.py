"""The command `destination-segment`."""

from __future__ import annotations

import sys

from destination_segment.destination import DestinationSegment
from program.process import leave_no_core


def main() -> None:
    """Runs the command that the arguments name, or explains the arguments."""
    leave_no_core()
    DestinationSegment().run(sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    main()
