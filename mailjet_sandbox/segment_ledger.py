"""What the Segment stand-in remembers: a public sink with counters, to be read from any thread while it is served."""

from __future__ import annotations

import threading
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

    With `keep_calls=False` only counts and message ids stay, for runs of millions of events.
    """

    def __init__(self, *, keep_calls: bool = True) -> None:
        self._keep_calls = keep_calls
        self._lock = threading.Lock()
        self._requests = 0
        self._duplicates = 0
        self._answers: Counter[int] = Counter()
        self._dropped: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._ids: dict[str, None] = {}
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
        """Keep the calls of a request, but those whose `messageId` was here before, under any write key."""
        with self._lock:
            ids, new = self._ids, []
            for call in calls:
                message_id = str(call["messageId"])
                if message_id in ids:
                    self._duplicates += 1
                else:
                    ids[message_id] = None
                    new.append(call)
            self._events.update([str(call.get("event", call.get("type"))) for call in new])
            if self._keep_calls:
                self._calls += [AcceptedCall(write_key, call) for call in new]

    @property
    def requests(self) -> int:
        """Requests that reached Segment, those that it refused included."""
        return self._requests

    @property
    def accepted(self) -> int:
        """Calls accepted, each message id once."""
        return len(self._ids)

    @property
    def duplicates(self) -> int:
        """Calls whose message id had been accepted before."""
        return self._duplicates

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
        """The ids of the accepted calls, in order of arrival."""
        with self._lock:
            return tuple(self._ids)

    @property
    def accepted_calls(self) -> tuple[AcceptedCall, ...]:
        """The accepted calls with their write keys, in order of arrival; empty with `keep_calls=False`."""
        with self._lock:
            return tuple(self._calls)

    @property
    def calls(self) -> tuple[Mapping[str, Any], ...]:
        """The accepted calls themselves, in order of arrival; empty with `keep_calls=False`."""
        return tuple(accepted.call for accepted in self.accepted_calls)
