"""The first records of each stream: if all of them are rejected for one reason, the fault is not in the records."""

from __future__ import annotations

from collections import Counter

from destination_segment.state_line import StreamKey

FIRST = 1_000
"""If this many records are rejected for one reason, and none is taken, the configuration does not fit this stream."""


class Beginnings:
    """Which streams have had a record that was not rejected."""

    def __init__(self) -> None:
        self._begun: set[StreamKey] = set()
        self._rejected: dict[StreamKey, Counter[str]] = {}
        self.take = self._begun.add
        """Notes that a record of a stream was not rejected."""

    def reject(self, stream: StreamKey, kind: str) -> bool:
        """Notes a rejected record. Returns whether so many were rejected for one reason, and none was taken."""
        if stream in self._begun:
            return False
        kinds = self._rejected.setdefault(stream, Counter())
        kinds[kind] += 1
        if kinds.total() < FIRST:
            return False
        self.take(stream)
        return len(kinds) == 1
