"""Calls into batches, each weighed before it is added, so that no batch is ever over Segment's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from destination_segment.call import Call
from destination_segment.limits import MAX_BATCH_BYTES, MAX_BATCH_CALLS

_HEAD, _TAIL = b'{"batch":[', b"]}"


def to_body(calls: tuple[Call, ...]) -> bytes:
    """The request body of some calls."""
    return _HEAD + b",".join([call.json for call in calls]) + _TAIL


class Batch(NamedTuple):
    """Calls that travel together; `start` counts the calls of the sync before the first of them."""

    start: int
    calls: tuple[Call, ...]

    @property
    def stop(self) -> int:
        """The count of calls after the last of them."""
        return self.start + len(self.calls)


class Packer:
    """The batch that is being filled, and how many calls there have been."""

    def __init__(
        self, clock: Callable[[], float], max_bytes: int = MAX_BATCH_BYTES, max_calls: int = MAX_BATCH_CALLS
    ) -> None:
        self._clock, self._max_bytes, self._max_calls = clock, max_bytes, max_calls
        self._open_since: float | None = None
        self._start = 0
        self._calls: list[Call] = []
        self._bytes = len(_HEAD) + len(_TAIL)

    @property
    def position(self) -> int:
        """Calls added since the beginning."""
        return self._start + len(self._calls)

    @property
    def open_since(self) -> float | None:
        """When the first call of the batch being filled was added, by the clock; None while there is none."""
        return self._open_since

    def add(self, call: Call) -> Batch | None:
        """Adds a call; returns the batch that had no room left for it, if so."""
        weight = len(call.json) + (1 if self._calls else 0)
        full = None
        if self._calls and (self._bytes + weight > self._max_bytes or len(self._calls) == self._max_calls):
            full = self.seal()
            weight = len(call.json)
        if not self._calls:
            self._open_since = self._clock()
        self._calls.append(call)
        self._bytes += weight
        return full

    def seal(self) -> Batch | None:
        """What has been filled so far, as a batch; None if nothing has."""
        if not self._calls:
            return None
        batch = Batch(self._start, tuple(self._calls))
        self._start, self._calls, self._bytes = batch.stop, [], len(_HEAD) + len(_TAIL)
        self._open_since = None
        return batch
