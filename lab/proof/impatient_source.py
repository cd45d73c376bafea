"""The source with its long waits scaled down, all else the same: 5 minutes of trying are 5 seconds here."""

from __future__ import annotations

import sys

from mailjet_reading import limits
from mailjet_rest.client import Patience
from source_mailjet_segment import run
from source_mailjet_segment.source import SourceMailjetSegment

PATIENCE = Patience(unavailable_s=5, connect_s=3, read_s=3, answer_s=3, first_wait_s=0.05, longest_wait_s=0.5)
SMALL_CACHE_KIB = 64
"""A cache that even a small account fills, so that what is learned goes to the temporary folder."""


def main() -> None:
    """Runs the command with this process's arguments, `--small-cache` perhaps before them."""
    if sys.argv[1] == "--small-cache":
        del sys.argv[1]
        limits.CACHE_KIB = SMALL_CACHE_KIB
    run.main(SourceMailjetSegment(PATIENCE))


if __name__ == "__main__":
    main()
