"""Stored events become rows with positions, in order of arrival; others pass those that wait for Mailjet."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from event_store.errors import NotLeader, StoreError, StoreFull, StoreUnavailable
from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import Waiting
from mailjet_collector.asking import MOST_AT_ONCE, Asking
from mailjet_collector.config import AccountConfig
from mailjet_collector.metrics import AccountMetrics
from mailjet_collector.payload import payload_of, payloads_of, user_id_in
from mailjet_collector.received import read_waiting, to_stored_row
from mailjet_collector.surroundings import Knowledge, Seen, user_id_from
from mailjet_collector.troubles import Troubles
from mailjet_rest.client import Mailjet
from mailjet_rest.errors import MailjetError
from program.failure import Failure, MachineError, unexpected

POLL_S = 0.2
"""How often the store is read for events that other processes have received."""
GATHER_S = 0.1
"""How often at most small batches are resolved: a sync to disk costs the same for one event as for hundreds."""
SMALL = MOST_AT_ONCE // 2
LEAST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=5)
"""How long an event waits that fails alone: as long as it has waited before, within these bounds."""
UNKNOWN_MESSAGE = "unknown message"

_PAUSED = MailjetError("Mailjet cannot be asked now.")


class Read(NamedTuple):
    """A waiting event, and its body as it was read."""

    waiting: Waiting
    seen: Seen


class Resolving:
    """Resolves one account's events. For one thread."""

    def __init__(
        self,
        account: AccountConfig,
        store: Store,
        api: Mailjet,
        knowledge: Knowledge,
        metrics: AccountMetrics,
        log: logging.Logger,
        on_resolved: Callable[[], None],
    ) -> None:
        """`on_resolved` is called when there are new rows."""
        self._account, self._store, self._api, self._knowledge = account, store, api, knowledge
        self._metrics, self._on_resolved = metrics, on_resolved
        self._log = log
        self._asking = Asking()
        self._troubles = Troubles(log, f"Account {account.name}, events that wait for Mailjet")

    def run(self, leader: Leadership, ended: threading.Event, woken: threading.Event) -> None:
        """Goes on until `ended`; `woken` says that something came in. Raises `NotLeader` and `StoreError`."""
        while not ended.is_set():
            woken.clear()
            begun_s = time.monotonic()
            count = self.resolve_some(leader)
            if not count:
                woken.wait(POLL_S)
            elif count < SMALL:
                ended.wait(max(0.0, begun_s + GATHER_S - time.monotonic()))

    def resolve_some(self, leader: Leadership) -> int:
        """Resolves a batch of waiting events; returns their number."""
        now, now_s = datetime.now(timezone.utc), time.monotonic()
        is_paused = self._asking.is_paused(now_s)
        limit, after = (MOST_AT_ONCE, self._asking.passed) if is_paused else (self._asking.width, 0)
        waiting = self._store.unresolved(self._account.name, limit, now, after)
        if not waiting:
            return 0
        batch = self._read(waiting)
        if is_paused:
            self._resolve_without_asking(leader, batch)
            self._asking.passed = waiting[-1].inbox_id
        elif batch:
            self._resolve_asking(leader, batch)
        return len(waiting)

    def _read(self, waiting: Sequence[Waiting]) -> list[Read]:
        batch = []
        for entry in waiting:
            try:
                batch.append(Read(entry, read_waiting(entry)))
            except Exception as error:
                self._put_aside(entry, error)
        return batch

    def _resolve_asking(self, leader: Leadership, batch: Sequence[Read]) -> None:
        self._api.try_again()
        try:
            self._resolve(leader, batch)
        except StoreError:
            raise
        except Exception as error:
            self._note_failure(batch, error if isinstance(error, Failure) else unexpected(error))
        else:
            self._asking.succeeded()
            self._troubles.note_end()

    def _note_failure(self, batch: Sequence[Read], failure: Failure) -> None:
        self._troubles.note(failure.sentence)
        if isinstance(failure, MachineError):
            self._knowledge.close()  # its database is of no use any more
        if self._asking.failed(len(batch), time.monotonic(), for_all=self._api.refuses_all):
            self._postpone(batch[0].waiting)

    def _resolve_without_asking(self, leader: Leadership, batch: Sequence[Read]) -> None:
        """Resolves the events with known surroundings; failures of the others do not stop them."""
        self._api.hold_off(_PAUSED)
        parts = [batch] if batch else []
        while parts:
            part = parts.pop()
            try:
                self._resolve(leader, part)
            except StoreError:
                raise
            except Exception:  # it waits until the pause is over
                middle = len(part) // 2
                parts += [half for half in (part[middle:], part[:middle]) if middle]

    def _resolve(self, leader: Leadership, batch: Sequence[Read]) -> None:
        """Raises `Failure` if something about these events is unknown and Mailjet cannot be asked."""
        known = self._knowledge.look_up([entry.seen for entry in batch])
        user_ids = self._payload_user_ids(batch)
        rows: list[tuple[int, Mapping[str, Any]]] = []
        unknown: list[tuple[int, str]] = []
        for entry, event in zip(batch, known.events, strict=True):
            if event is None:
                unknown.append((entry.waiting.inbox_id, UNKNOWN_MESSAGE))
                continue
            row = to_stored_row(
                event,
                known.surroundings,
                entry.waiting.received_at,
                unsubscribe_event_name=self._account.unsubscribe_event_name,
                user_id_from=user_id_from(self._account),
                payload_user_id=user_ids.get(entry.waiting.inbox_id),
            )
            rows.append((entry.waiting.inbox_id, row))
        if rows:
            self._write(leader, rows)
        if unknown:
            self._store.reject(leader, unknown, datetime.now(timezone.utc))
            self._metrics.rejected.inc(len(unknown))

    def _payload_user_ids(self, batch: Sequence[Read]) -> Mapping[int, str | None]:
        """The user ids in the payloads of events, if this is configured.

        An event without a payload takes that of another event of its message.
        """
        rule = self._account.user_id
        if rule.source != "event_payload":
            return {}
        payload_by_number = {entry.waiting.inbox_id: payload_of(entry.seen) for entry in batch}
        without = sorted({entry.seen.email_id for entry in batch if not payload_by_number[entry.waiting.inbox_id]})
        others = payloads_of(self._store.events_of(self._account.name, without)) if without else {}
        payloads = {number: payload_by_number[number] or others.get(seen.email_id) for (number, *_), seen in batch}
        return {number: user_id_in(payload, rule.path) for number, payload in payloads.items() if payload}

    def _write(self, leader: Leadership, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Writes rows; one that the store cannot take is put aside, so that its neighbours get their positions."""
        try:
            self._metrics.resolved.inc(self._store.resolve(leader, rows))
        except (NotLeader, StoreUnavailable, StoreFull):
            raise
        except StoreError:
            if len(rows) == 1:
                self._store.postpone(self._account.name, [rows[0][0]], datetime.now(timezone.utc) + LONGEST_WAIT)
                self._log.error("Account %s: the store cannot take the row of an event; it waits.", self._account.name)
                return
            for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                self._write(leader, half)
        self._on_resolved()

    def _put_aside(self, waiting: Waiting, error: Exception) -> None:
        sentence = "Account %s: event %s cannot be read (%s) and waits; others pass it."
        self._log.error(sentence, self._account.name, waiting.event_id, type(error).__name__)
        self._postpone(waiting)

    def _postpone(self, waiting: Waiting) -> None:
        now = datetime.now(timezone.utc)
        wait = min(max(now - waiting.received_at, LEAST_WAIT), LONGEST_WAIT)
        self._store.postpone(self._account.name, [waiting.inbox_id], now + wait)
