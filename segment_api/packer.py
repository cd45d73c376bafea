"""Calls are packed into batches. Each call is weighed before it is added, so no batch exceeds Segment's limits.

A batch is written into one piece of memory. After the batch is settled, another batch reuses that memory. So a sync
never takes more memory than its first batches, and saves time: fresh memory takes as long as making the calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from segment_api.limits import MAX_BATCH_BYTES, MAX_BATCH_CALLS

Body = bytes | memoryview
"""A request's body."""

_HEAD, _TAIL, _COMMA = b'{"batch":[', b"]}", ord(",")
EMPTY_BODY = _HEAD + _TAIL


@dataclass(frozen=True)
class Batch:
    """Calls that travel together; `start` counts the calls of the sync before the first of them.

    `ends`: the place in `memory` at which each call ends. `events`: the name of each call's event.
    """

    start: int
    memory: bytearray
    ends: list[int]
    events: list[str]

    @property
    def stop(self) -> int:
        """The count of calls after the last of them."""
        return self.start + len(self.ends)

    def call(self, number: int) -> bytes:
        """One call as it travels; 0 is the first."""
        return self._calls(number, number + 1)

    def body(self, first: int, stop: int) -> Body:
        """The request body of the calls `[first, stop)` of this batch; there must be one."""
        if stop - first == len(self.ends):
            return memoryview(self.memory)[: self.ends[-1] + len(_TAIL)]
        return _HEAD + self._calls(first, stop) + _TAIL

    def _calls(self, first: int, stop: int) -> bytes:
        return bytes(self.memory[self.ends[first - 1] + 1 if first else len(_HEAD) : self.ends[stop - 1]])


class Packer:
    """The batch that is being filled, and how many calls there have been."""

    def __init__(
        self, clock: Callable[[], float], max_bytes: int = MAX_BATCH_BYTES, max_calls: int = MAX_BATCH_CALLS
    ) -> None:
        self._clock, self._room, self._max_calls = clock, max_bytes - len(_TAIL), max_calls
        self._start = self._begin = 0
        self._ends: list[int] = []
        self._events: list[str] = []
        self._open_since: float | None = None
        self._spare: list[bytearray] = []
        self._memory = self._open()

    @property
    def position(self) -> int:
        """Calls added since the beginning."""
        return self._start + len(self._ends)

    @property
    def open_since(self) -> float | None:
        """When the first call of the batch being filled was added, by the clock; None while there is none."""
        return self._open_since

    def add(self, call: bytes, event: str = "") -> Batch | None:
        """Adds a call; `event` is the name of its event. Returns the former batch if that had no room for the call."""
        full = None
        end = self._begin + len(call)
        if not self._ends:
            self._open_since = self._clock()
        elif end > self._room or len(self._ends) == self._max_calls:
            full = self.seal()
            self._open_since = self._clock()
            end = self._begin + len(call)
        self._memory[self._begin : end] = call
        self._memory[end] = _COMMA
        self._ends.append(end)
        self._events.append(event)
        self._begin = end + 1
        return full

    def seal(self) -> Batch | None:
        """The calls added so far, as a batch; None if there are none."""
        if not self._ends:
            return None
        batch = Batch(self._start, self._memory, self._ends, self._events)
        self._memory[self._ends[-1] : self._ends[-1] + len(_TAIL)] = _TAIL
        self._start = batch.stop
        self._memory = self._open()
        return batch

    def reuse(self, batch: Batch) -> None:
        """Takes the memory of a batch that nobody needs any more."""
        self._spare.append(batch.memory)

    def _open(self) -> bytearray:
        """Begins a batch; the memory that it is written into."""
        self._begin, self._ends, self._events, self._open_since = len(_HEAD), [], [], None
        memory = self._spare.pop() if self._spare else bytearray(self._room + len(_TAIL))
        memory[: len(_HEAD)] = _HEAD
        return memory
