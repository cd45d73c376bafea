"""What the Segment stand-in remembers: a public sink with counters, to be read from any thread while it is served."""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AcceptedCall:
    """A call that Segment took and the write key that it came with; `call["timestamp"]` as Segment corrects it."""

    write_key: str
    call: Mapping[str, Any]


class SegmentLedger:
    """Counts, ids and calls of everything that arrived.

    For runs of millions of events: with `keep_calls=False` only counts and message ids stay (some 200 bytes each), with
    `keep_ids=False` 64 bits of each id. Two ids may then be taken for one, which for 5 million ids happens once in a
    million runs; and `events` counts what came twice twice.
    """

    def __init__(self, *, keep_calls: bool = True, keep_ids: bool = True) -> None:
        self._keep_calls, self._keep_ids = keep_calls and keep_ids, keep_ids
        self._lock = threading.Lock()
        self._requests = 0
        self._duplicates = 0
        self._answers: Counter[int] = Counter()
        self._dropped: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._ids: dict[str, None] = {}
        self._digests = array("q")
        self._calls: list[AcceptedCall] = []

    def note_request(self) -> None:
        """One request arrived, whatever becomes of it."""
        with self._lock:
            self._requests += 1

    def note_answer(self, status: int) -> None:
        """The status that the request was answered with."""
        with self._lock:
            self._answers[status] += 1

    def note_dropped(self, reason: str, calls: int = 1) -> None:
        """Calls that were answered with 200 and thrown away."""
        with self._lock:
            self._dropped[reason] += calls

    def accept(self, write_key: str, calls: Sequence[Mapping[str, Any]]) -> None:
        """Keep each call unless its `messageId` was here before, under any write key."""
        with self._lock:
            if not self._keep_ids:
                self._digests.extend([hash(str(call["messageId"])) for call in calls])
                self._events.update([str(call.get("event", call.get("type"))) for call in calls])
                return
            for call in calls:
                event_id = str(call["messageId"])
                if event_id in self._ids:
                    self._duplicates += 1
                    continue
                self._ids[event_id] = None
                self._events[str(call.get("event", call.get("type")))] += 1
                if self._keep_calls:
                    self._calls.append(AcceptedCall(write_key, call))

    @property
    def requests(self) -> int:
        """Requests that reached Segment, those that it refused included."""
        return self._requests

    @property
    def accepted(self) -> int:
        """Calls accepted, each message id once."""
        return len(self._ids) if self._keep_ids else self._distinct()

    @property
    def duplicates(self) -> int:
        """Calls whose message id had been accepted before."""
        return self._duplicates if self._keep_ids else len(self._digests) - self._distinct()

    def _distinct(self) -> int:
        import numpy as np

        with self._lock:
            return len(np.unique(np.array(self._digests)))

    @property
    def answers(self) -> dict[int, int]:
        """How many requests were answered with which status."""
        with self._lock:
            return dict(self._answers)

    @property
    def dropped(self) -> dict[str, int]:
        """How many calls were answered with 200 and dropped, by reason."""
        with self._lock:
            return dict(self._dropped)

    @property
    def events(self) -> dict[str, int]:
        """How many calls were accepted, by event name."""
        with self._lock:
            return dict(self._events)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The ids of the accepted calls, in order of arrival; empty with `keep_ids=False`."""
        with self._lock:
            return tuple(self._ids)

    @property
    def digests(self) -> Sequence[int]:
        """The hash of each message id in order of arrival, once for each time it came; only with `keep_ids=False`."""
        with self._lock:
            return self._digests[:]

    @property
    def accepted_calls(self) -> tuple[AcceptedCall, ...]:
        """The accepted calls with their write keys, in order of arrival; empty with `keep_calls=False`."""
        with self._lock:
            return tuple(self._calls)

    @property
    def calls(self) -> tuple[Mapping[str, Any], ...]:
        """The accepted calls themselves, in order of arrival; empty with `keep_calls=False`."""
        return tuple(accepted.call for accepted in self.accepted_calls)
