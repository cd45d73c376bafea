"""Rows in order of position into batches, batches to workers, and places marked when all before them is taken.

One thread reads, packs and marks; the workers only carry. It waits for two things at once, new rows and word from the
workers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from queue import Empty, SimpleQueue
from typing import Protocol

from msgspec import Struct

from event_store.clock import from_ms
from event_store.cursor import at_place
from event_store.errors import GonePosition
from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import Page
from mailjet_collector.forward_call import parse_stored
from mailjet_collector.forward_plan import ForwardPlan
from mailjet_collector.troubles import Troubles
from program.failure import Failure
from segment_api.acknowledgement import Acknowledgement
from segment_api.call import Rejected
from segment_api.outcome import Accepted
from segment_api.packer import Batch, Packer
from segment_api.verdict import explain, name_event
from segment_api.workers import Crashed, Settled, Waits, WorkerEvent, Workers
from segment_events.kinds import BLOCKED
from segment_events.row import RowError

PAGE = 1_000
"""Rows that are read together."""
MEND = "Set on_rejected to skip to leave such events out."
IDLE_S = 1.0
"""How often the store is looked at if nobody says that there are new rows."""
GRACE_S = 5.0
"""How long requests on the wire are waited for at the end."""


Hire = Callable[[Callable[[WorkerEvent], None], threading.Event], Workers]
"""Makes workers, which post the outcomes of batches, and give up waiting when the event is set."""


class Sent(Struct, frozen=True, gc=False):
    """A call to Segment: when its event came, its name, and its place."""

    received_at_ms: int
    event_text: str
    place: int

    @property
    def received_at(self) -> datetime:
        """When its event came."""
        return from_ms(self.received_at_ms)


class Listener(Protocol):
    """Hears how far forwarding is."""

    def settle(self, accepted: Sequence[Sent], left_out: int) -> None:
        """Segment has these events, and their place is marked.

        `left_out`: how many others before that place Segment would drop, or refused alone.
        """

    def fall_behind(self, seconds: float) -> None:
        """The oldest event that is not settled came so long ago."""


@dataclass
class _Mark:
    """Once `upto` calls are settled, everything up to `position` is."""

    upto: int = 0
    position: str = ""
    passed_over: int = 0
    calls: list[Sent] = field(default_factory=list)


class Pipeline:
    """One stretch of forwarding, from the reader's position until the end, or until Segment refuses all.

    It also ends when somebody was forgotten: events in memory may be of that person, and are read again. `passes_over`:
    an event that cannot be a call is counted; else it ends the stretch.
    """

    def __init__(
        self,
        account: str,
        consumer: str,
        suffix: str,
        plan: ForwardPlan,
        store: Store,
        listener: Listener,
        troubles: Troubles,
        passes_over: bool = True,
    ) -> None:
        self._account, self._consumer, self._suffix, self._plan = account, consumer, suffix, plan
        self._store, self._listener, self._troubles = store, listener, troubles
        self._passes_over = passes_over
        self._packer, self._settled = Packer(time.monotonic), Acknowledgement()
        self._marks: deque[_Mark] = deque()
        self._mail: SimpleQueue[WorkerEvent | None] = SimpleQueue()
        self._outstanding = 0
        self._refused: set[int] = set()
        self._is_woken = False
        self._has_more = True
        self._after: str | None = None
        self._failure: Failure | None = None

    def wake(self) -> None:
        """Says that there are new rows; any thread may."""
        if not self._is_woken:
            self._is_woken = True
            self._mail.put(None)

    def run(
        self, leader: Leadership, ended: threading.Event, hire: Hire, complete: threading.Event | None = None
    ) -> bool:
        """Goes on until `ended`, then waits for requests on the wire. Raises `NotLeader`, `StoreError`, `Failure`.

        `complete`: no more rows come once it is set; then it goes on until all are settled. Tells whether they are.
        """
        over = threading.Event()
        forgets, self._after = self._store.forgets(), self._store.consumer(self._account, self._consumer).after
        workers = hire(self._mail.put, over)
        try:
            look_at_s = time.monotonic() + IDLE_S
            while not ended.is_set() and not self._failure:
                is_complete = complete is not None and complete.is_set()
                self._has_more = self._has_more or is_complete  # rows that came before it was set are there now
                self._fill(workers)
                if is_complete and self._is_empty():
                    break
                self._handle(leader, self._next(IDLE_S))
                if time.monotonic() >= look_at_s:
                    look_at_s = time.monotonic() + IDLE_S
                    if self._store.forgets() != forgets:
                        break
            self._end(leader, over)
            return self._is_empty()
        finally:
            over.set()
            workers.close()

    def _end(self, leader: Leadership, over: threading.Event) -> None:
        """What Segment takes until then is marked, also after a failure: it need not be sent again."""
        failure = self._failure
        over.set()
        until_s = time.monotonic() + GRACE_S
        while self._outstanding and time.monotonic() < until_s:
            self._handle(leader, self._next(0.1))
        self._mark(leader)
        self._mark_part(leader)
        if failure:
            raise failure

    def _is_empty(self) -> bool:
        return not (self._has_more or self._outstanding or self._marks or self._packer.open_since is not None)

    def _fill(self, workers: Workers) -> None:
        """Reads while there are rows, and at most one batch in reserve for each worker."""
        while self._has_more and self._outstanding < 2 * workers.count:
            page = self._read()
            is_new = page.after != self._after
            self._has_more, self._after = page.more, page.after
            if is_new:  # else there is no place to mark, and a mark would wake this loop again at once
                self._take(page, workers)
        if self._packer.open_since is not None and self._outstanding < workers.count:
            self._submit(self._packer.seal(), workers)
        self._note_lag()

    def _read(self) -> Page:
        try:
            return self._store.read(self._account, self._after, PAGE)
        except GonePosition:  # of a reader that is new, or began again: deleted events cannot be sent
            return self._store.read(self._account, None, PAGE)

    def _take(self, page: Page, workers: Workers) -> None:
        mark, before = _Mark(), 0
        for stored in page.rows:
            if stored.kind == BLOCKED.name:
                continue
            row = parse_stored(stored.text)
            if not self._plan.wants(stored.place, row.timestamp):
                continue
            try:
                call = row.to_call(self._suffix)
            except (Rejected, RowError) as error:
                if not self._passes_over:
                    self._failure = Failure(f"Segment would drop {name_event(stored.row['id'])}: {error}. {MEND}")
                    break
                mark.passed_over += 1
                continue
            self._submit(self._packer.add(call), workers)
            mark.calls.append(Sent(stored.received_at_ms, row.event_text, stored.place))
            before = stored.place
        mark.upto, mark.position = self._packer.position, page.position(before) if self._failure else page.after
        if before or not self._failure:
            self._marks.append(mark)

    def _submit(self, batch: Batch | None, workers: Workers) -> None:
        if batch:
            self._outstanding += 1
            workers.submit(batch)

    def _next(self, timeout_s: float) -> WorkerEvent | None:
        try:
            return self._mail.get(timeout=0 if self._can_mark() else timeout_s)
        except Empty:
            return None

    def _handle(self, leader: Leadership, event: WorkerEvent | None) -> None:
        if event is None:
            self._is_woken, self._has_more = False, True
        elif isinstance(event, Settled):
            self._settle(event)
        elif isinstance(event, Waits):
            self._troubles.note(f"waiting for Segment ({event.reason}).")
        elif isinstance(event, Crashed):
            raise event.error
        self._mark(leader)

    def _settle(self, event: Settled) -> None:
        batch, settlement = event.batch, event.settlement
        self._outstanding -= 1
        self._settled.settle(batch.start, batch.start + settlement.settled)
        for event_id, reason, place in settlement.skipped:
            self._refused.add(batch.start + place)
            self._troubles.note(f"{event_id} is passed over: {reason} to it alone.")
        self._packer.reuse(batch)
        if isinstance(settlement.outcome, Accepted):
            if not settlement.skipped:
                self._troubles.note_end()
        else:
            self._failure = self._failure or explain(settlement)

    def _can_mark(self) -> bool:
        return bool(self._marks) and self._marks[0].upto <= self._settled.upto

    def _mark(self, leader: Leadership) -> None:
        """Marks the last place before which everything is settled."""
        done: list[_Mark] = []
        while self._can_mark():
            done.append(self._marks.popleft())
        if not done:
            return
        calls, passed_over = [call for mark in done for call in mark.calls], sum(mark.passed_over for mark in done)
        self._advance(leader, done[-1].position, calls, done[-1].upto, passed_over)

    def _mark_part(self, leader: Leadership) -> None:
        """Marks the calls of a page before the first that is not settled: else a refused one has them sent each time.

        Not if the page has events that were passed over: they are counted with the whole of it.
        """
        mark = self._marks[0] if self._marks else _Mark()
        if mark.passed_over or not (sent := mark.calls[: len(mark.calls) - (mark.upto - self._settled.upto)]):
            return
        self._advance(leader, at_place(mark.position, sent[-1].place), sent, self._settled.upto, 0)

    def _advance(self, leader: Leadership, position: str, calls: Sequence[Sent], upto: int, passed_over: int) -> None:
        """Marks a position. `calls`: all since the one before; the last of them has the number `upto - 1`."""
        accepted = calls
        if self._refused:
            accepted = [call for number, call in enumerate(calls, upto - len(calls)) if number not in self._refused]
            self._refused = {number for number in self._refused if number >= upto}
        left_out = len(calls) - len(accepted) + passed_over
        self._store.advance(self._account, self._consumer, position, left_out, leader)
        self._listener.settle(accepted, left_out)

    def _note_lag(self) -> None:
        oldest = next((mark.calls[0] for mark in self._marks if mark.calls), None)
        behind_s = (datetime.now(timezone.utc) - oldest.received_at).total_seconds() if oldest else 0
        self._listener.fall_behind(behind_s)
