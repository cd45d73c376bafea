"""The first records of each stream: if all of them are rejected for one reason, the fault is not in the records."""

from __future__ import annotations

from collections import Counter

from destination_segment.state_line import StreamKey

FIRST = 1_000
"""If so many records are rejected for one reason, and none is taken, the configuration does not fit this stream."""


class Beginnings:
    """The streams that have had a record that was not rejected."""

    def __init__(self) -> None:
        self._begun: set[StreamKey] = set()
        self._rejected: dict[StreamKey, Counter[str]] = {}
        self.take = self._begun.add
        """Notes that a record of a stream was not rejected."""

    def reject(self, stream: StreamKey, kind: str) -> bool:
        """Notes a rejected record. Returns whether `FIRST` were rejected for one reason, and none was taken."""
        if stream in self._begun:
            return False
        kinds = self._rejected.setdefault(stream, Counter())
        kinds[kind] += 1
        if kinds.total() < FIRST:
            return False
        # A stream is judged once: from now on it counts as begun.
        self.take(stream)
        return len(kinds) == 1
