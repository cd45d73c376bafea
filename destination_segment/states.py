"""States on their way back: whole, in order, each once all that came before it is settled.

The platform gives every STATE an `id` of its own and refuses an echo without it (airbytehq/airbyte issues 69138 and
70421), while the CDK's message classes drop what they do not know. So states stay plain objects, as they came in.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from destination_segment.limits import MAX_WAITING_STATE_BYTES

StreamKey = tuple[str | None, str]
"""Namespace and name of a stream."""


class States:
    """States that wait, and the records counted for the next one of each stream."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, str]] = deque()
        self._bytes = 0
        self._records: dict[StreamKey, int] = {}

    @property
    def waiting(self) -> int:
        """How many states have not been released."""
        return len(self._waiting)

    @property
    def heavy(self) -> bool:
        """Whether those that have not been released take as much memory as they may."""
        return self._bytes >= MAX_WAITING_STATE_BYTES

    def note_record(self, stream: StreamKey) -> None:
        """A record of the stream was received; one that is skipped is dealt with, so it counts too."""
        self._records[stream] = self._records.get(stream, 0) + 1

    def hold(self, message: Mapping[str, Any], position: int) -> None:
        """Keep a STATE message back until all calls before `position` are settled."""
        state = message["state"]
        stats = {**(state.get("destinationStats") or {}), "recordCount": float(self._take_count(state))}
        echo = {**message, "state": {**state, "destinationStats": stats}}
        line = json.dumps(echo, separators=(",", ":"))
        self._waiting.append((position, line))
        self._bytes += len(line)

    def release(self, upto: int) -> Iterator[str]:
        """The states, as lines without their end, that may go now that all calls before `upto` are settled."""
        while self._waiting and self._waiting[0][0] <= upto:
            _, line = self._waiting.popleft()
            self._bytes -= len(line)
            yield line

    def _take_count(self, state: Mapping[str, Any]) -> int:
        """Records since the previous state: of its stream, or of all streams for a global or a legacy state."""
        if state.get("stream"):
            descriptor = state["stream"]["stream_descriptor"]
            return self._records.pop((descriptor.get("namespace"), descriptor["name"]), 0)
        count = sum(self._records.values())
        self._records.clear()
        return count
