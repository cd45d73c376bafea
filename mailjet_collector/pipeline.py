"""Rows in order of position into batches, batches to workers, and places marked when all before them is taken.

One thread reads, packs and marks; the workers only carry. It waits for two things at once, new rows and word from the
workers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from queue import Empty, SimpleQueue

from event_store.cursor import place_of
from event_store.errors import GonePosition
from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import Page, StoredRow
from mailjet_collector.forward_call import to_call
from mailjet_collector.forward_plan import ForwardPlan
from mailjet_collector.metrics import AccountMetrics
from mailjet_collector.troubles import Troubles
from program.failure import Failure
from segment_api.acknowledgement import Acknowledgement
from segment_api.call import Rejected
from segment_api.outcome import Accepted, Hopeless
from segment_api.packer import Batch, Packer
from segment_api.workers import Crashed, Settled, Waits, WorkerEvent, Workers
from segment_events.kinds import BLOCKED
from segment_events.row import RowError

PAGE = 1_000
"""Rows that are read together."""
IDLE_S = 1.0
"""How often the store is looked at if nobody says that there are new rows."""
GRACE_S = 5.0
"""How long requests on the wire are waited for at the end."""


Hire = Callable[[Callable[[WorkerEvent], None], threading.Event], Workers]
"""Makes workers, which post the outcomes of batches, and give up waiting when the event is set."""


@dataclass
class _Mark:
    """Once `upto` calls are settled, everything up to `position` is. `arrivals`: when the event of each call came."""

    upto: int = 0
    position: str = ""
    passed_over: int = 0
    arrivals: list[datetime] = field(default_factory=list)


class Pipeline:
    """One stretch of forwarding, from the reader's position until the end, or until Segment refuses all.

    It also ends when somebody was forgotten: events in memory may be of that person, and are read again.
    """

    def __init__(
        self,
        account: str,
        consumer: str,
        suffix: str,
        plan: ForwardPlan,
        store: Store,
        metrics: AccountMetrics,
        troubles: Troubles,
    ) -> None:
        self._account, self._consumer, self._suffix, self._plan = account, consumer, suffix, plan
        self._store, self._metrics, self._troubles = store, metrics, troubles
        self._packer, self._settled = Packer(time.monotonic), Acknowledgement()
        self._marks: deque[_Mark] = deque()
        self._mail: SimpleQueue[WorkerEvent | None] = SimpleQueue()
        self._outstanding = 0
        self._skipped = 0
        self._is_woken = False
        self._has_more = True
        self._after: str | None = None

    def wake(self) -> None:
        """Says that there are new rows; any thread may."""
        if not self._is_woken:
            self._is_woken = True
            self._mail.put(None)

    def run(self, leader: Leadership, ended: threading.Event, hire: Hire) -> None:
        """Goes on until `ended`, then waits for requests on the wire. Raises `NotLeader`, `StoreError`, `Failure`."""
        over = threading.Event()
        forgets, self._after = self._store.forgets(), self._store.consumer(self._account, self._consumer).after
        workers = hire(self._mail.put, over)
        try:
            look_at_s = time.monotonic() + IDLE_S
            while not ended.is_set():
                self._fill(workers)
                self._handle(leader, self._next(IDLE_S))
                if time.monotonic() >= look_at_s:
                    look_at_s = time.monotonic() + IDLE_S
                    if self._store.forgets() != forgets:
                        break
            self._end(leader, over)
        finally:
            over.set()
            workers.close()

    def _end(self, leader: Leadership, over: threading.Event) -> None:
        over.set()
        until_s = time.monotonic() + GRACE_S
        while self._outstanding and time.monotonic() < until_s:
            self._handle(leader, self._next(0.1))

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
        mark = _Mark()
        for stored in page.rows:
            if stored.stream == BLOCKED.stream or not self._is_wanted(stored):
                continue
            try:
                call = to_call(stored.row, self._suffix)
            except (Rejected, RowError):
                mark.passed_over += 1
                continue
            self._submit(self._packer.add(call), workers)
            mark.arrivals.append(stored.received_at)
        mark.upto, mark.position = self._packer.position, page.after
        self._marks.append(mark)

    def _is_wanted(self, stored: StoredRow) -> bool:
        return self._plan.wants(place_of(stored.position), str(stored.row["timestamp"]))

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
        self._skipped += len(settlement.skipped)
        for event_id, reason, _ in settlement.skipped:
            self._troubles.note(f"{event_id} is passed over: {reason} to it alone.")
        self._packer.reuse(batch)
        if isinstance(settlement.outcome, Accepted):
            if not settlement.skipped:
                self._troubles.note_end()
        elif isinstance(settlement.outcome, Hopeless):
            raise Failure(settlement.outcome.sentence)

    def _can_mark(self) -> bool:
        return bool(self._marks) and self._marks[0].upto <= self._settled.upto

    def _mark(self, leader: Leadership) -> None:
        """Marks the last place before which everything is settled."""
        done: list[_Mark] = []
        while self._can_mark():
            done.append(self._marks.popleft())
        if not done:
            return
        passed_over = self._skipped + sum(mark.passed_over for mark in done)
        self._store.advance(self._account, self._consumer, done[-1].position, passed_over, leader)
        now = datetime.now(timezone.utc)
        lags = [(now - arrival).total_seconds() for mark in done for arrival in mark.arrivals]
        for lag_s in lags:
            self._metrics.lag.observe(lag_s)
        self._metrics.forwarded.inc(max(0, len(lags) - self._skipped))
        self._metrics.passed_over.inc(passed_over)
        self._skipped = 0

    def _note_lag(self) -> None:
        oldest = next((mark.arrivals[0] for mark in self._marks if mark.arrivals), None)
        self._metrics.behind.set((datetime.now(timezone.utc) - oldest).total_seconds() if oldest else 0)
