"""The destination with its long waits scaled down, all else the same: 15 minutes of trying are 6 seconds here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from segment_api import limits

if TYPE_CHECKING:
    from destination_segment.destination import DestinationSegment

limits.ANSWER_TIMEOUT_S = 4.0  # before the endpoint takes it


def load() -> DestinationSegment:
    """The connector."""
    from destination_segment.destination import DestinationSegment
    from destination_segment.writer import Timing
    from segment_api.retry import RetryRule

    retry = RetryRule(for_s=6, first_wait_s=0.05, longest_wait_s=0.5)
    return DestinationSegment(retry, Timing(flush_after_s=0.05))


def main() -> None:
    """Runs the command with this process's arguments."""
    load().run(sys.argv[1:])


if __name__ == "__main__":
    main()
