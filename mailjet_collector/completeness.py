"""Reads events by REST that no post reported: every hour or so, up to ten minutes before now, so that posts come first.

It reads as the source does, from a state that the store keeps. An event that is stored already costs no further
request: events are received as they are listed, and only new ones are resolved.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import Post
from mailjet_collector.address_watch import AddressWatch
from mailjet_collector.config import AccountConfig
from mailjet_collector.connection import connect
from mailjet_collector.stored_event import to_item
from mailjet_collector.surroundings import reading_config
from mailjet_collector.troubles import Troubles
from mailjet_events.event import Event
from mailjet_reading.feeds.feeds import ALL_FEEDS, feeds_of
from mailjet_reading.reading import Reading, write_state
from mailjet_reading.state import parse_stream_state
from mailjet_reading.sync import Sync, read_states
from mailjet_rest.client import Mailjet
from mailjet_rest.rows import State
from program.budget import Budget
from program.failure import Failure
from segment_events.kinds import BLOCKED, TRACKS

if TYPE_CHECKING:
    from mailjet_collector.metrics import AccountMetrics  # not installed for those who only look for `NOTE`

BEFORE_NOW_S = 600
"""Posts have so long to come first."""
AT_ONCE = 200
"""Events that are received together; more would keep posts waiting for the store."""
RETRY_S = 120.0
"""The pause after a failure; the reading then goes on from its last state."""
SAVE_EVERY_S = 10.0
STATES_KEPT_S = 86_400.0
"""How long Mailjet's list of the states of bounces is used; it hardly ever changes."""
NOTE = "completeness"
STREAMS = (TRACKS, BLOCKED.stream)
"""The streams that together read every feed. Segment does not get blocked messages; readers do."""


class Completeness:
    """One account's reading by REST. For one thread, but for `stop`."""

    def __init__(
        self,
        account: AccountConfig,
        store: Store,
        metrics: AccountMetrics,
        budget: Budget,
        every_s: float,
        log: logging.Logger,
        watch: AddressWatch | None = None,
    ) -> None:
        """`budget`: of requests to Mailjet, which the account's look-ups share."""
        self._account, self._store, self._metrics = account, store, metrics
        self._budget, self._every_s, self._log, self._watch = budget, every_s, log, watch
        self._troubles = Troubles(log, f"Account {account.name}, reading by REST")
        self._api: Mailjet | None = None
        self._saved_at_s = 0.0
        self._states: Sequence[State] = ()
        self._states_until_s = -math.inf

    def run(self, leader: Leadership, ended: threading.Event) -> None:
        """Goes on until `ended`. Raises `NotLeader` and `StoreError`."""
        while not ended.is_set():
            try:
                self.read_once(leader, ended)
            except Failure as failure:
                if not ended.is_set():
                    self._troubles.note(failure.sentence)
                ended.wait(min(RETRY_S, self._every_s))
            else:
                self._troubles.note_end()
                if not ended.is_set():
                    self._metrics.last_reading.set(time.time())
                ended.wait(self._every_s)

    def stop(self) -> None:
        """Ends the requests that are under way; any thread may, after `ended` was set."""
        if api := self._api:
            api.close()

    def read_once(self, leader: Leadership, ended: threading.Event) -> None:
        """Receives missing events. If Mailjet cannot be asked, reads all that it can and then raises `Failure`."""
        account = self._account
        self._api = api = connect(account, budget=self._budget)
        with closing(api):
            if ended.is_set():
                return
            if self._watch:
                self._watch.look(api, ended)
            start, end = self._start(), int(time.time()) - BEFORE_NOW_S
            if end <= start:
                return
            config = replace(reading_config(account), start=start, end=end, user_id_from="none")
            sync = Sync(config, api, partial(self._store.emails_with, account.name), self._known_states(api))
            with closing(sync):
                self._read(sync, leader, ended)

    def _known_states(self, api: Mailjet) -> Sequence[State] | None:
        """The states of bounces, read once a day. None if Mailjet has not given the time: then `Sync` reads them."""
        if api.date is None:
            return None
        if time.monotonic() >= self._states_until_s:
            self._states, self._states_until_s = read_states(api), time.monotonic() + STATES_KEPT_S
        return self._states

    def _start(self) -> int:
        """The second that the account is read from: as configured, or its first start."""
        account = self._account
        if account.start is not None:
            return account.start
        opened = self._store.open_account(account.name, account.key_digest, datetime.now(timezone.utc))
        return int(opened.first_started_at.timestamp())

    def _read(self, sync: Sync, leader: Leadership, ended: threading.Event) -> None:
        written = self._store.note(self._account.name, NOTE) or {}
        states = parse_stream_state(TRACKS, written, ALL_FEEDS, self._account.key_digest)
        streams = {stream: {feed.name: states[feed.name] for feed in feeds_of(stream)} for stream in STREAMS}
        readings = sync.readings(streams)
        failures: list[Failure] = []
        for reading in readings:
            try:
                self._read_feed(sync, reading, readings, leader, ended)
            except Failure as failure:
                failures.append(failure)
            self._save(readings, leader)
        if failures:
            raise failures[0]

    def _read_feed(
        self, sync: Sync, reading: Reading, readings: Sequence[Reading], leader: Leadership, ended: threading.Event
    ) -> None:
        """All parts of a reading; the state never knows more than the store."""
        for part in sync.plan(reading):
            reading.turn.open()
            for batch in sync.events(part):
                if ended.is_set():
                    return
                self._receive(batch)
                part.save()
            part.cover()
            reading.turn.finish()
            if time.monotonic() >= self._saved_at_s + SAVE_EVERY_S:
                self._save(readings, leader)

    def _receive(self, events: Sequence[Event]) -> None:
        for kind in {event.kind for event in events}:
            items = [to_item(event) for event in events if event.kind is kind]
            for first in range(0, len(items), AT_ONCE):
                post = Post(self._account.name, datetime.now(timezone.utc), items[first : first + AT_ONCE], way="rest")
                (receipt,) = self._store.receive([post])
                self._metrics.found[kind.name].inc(receipt.new)
                self._metrics.stored.inc(receipt.new)

    def _save(self, readings: Sequence[Reading], leader: Leadership) -> None:
        self._store.set_note(self._account.name, NOTE, write_state(readings, self._account.key_digest), leader)
        self._saved_at_s = time.monotonic()
