"""One reading of an account by REST, into the event store.

Windows are read by several threads. The events of a window are stored with their rows before the state covers it: after
a crash the next sync reads the windows again that were on their way, and stores no event twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from typing import Any

from event_store.errors import StoreError
from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import KnownEvent
from mailjet_events.event import Event
from mailjet_reading.config import Config
from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.part import Part
from mailjet_reading.reading import Reading, first_failure, write_state
from mailjet_reading.state import parse_stream_state
from mailjet_reading.sync import Sync
from mailjet_rest.client import Mailjet
from mailjet_segment.store_place import READING
from program.failure import Failure, MachineError
from segment_events.kinds import TRACKS

STOPPED = "Stopped. What was read is kept; run this again to go on from there."
SHARE_OF_SAVING = 0.05
"""The part of the time that may go into saving the state: one that remembers much takes long to write."""
LOOK_EVERY_S = 0.2
KEPT_AT_ONCE = 2_500
"""Events that a thread stores together: a sync to disk costs the same for one as for thousands."""

Hear = Callable[[int, str, float], None]


def read_account(config: Config, store: Store, leader: Leadership, hear: Hear, stop: threading.Event) -> Failure | None:
    """Stores the new events, until `stop`. Returns why it ended early, if it did.

    `hear`: how many more events are new, how far it is, for people, and the share of the time that is read.

    Raises `Failure` if it cannot begin, and `StoreError`.
    """
    api = Mailjet(config.api_url, config.api_key, config.api_key_secret, config.max_requests_per_second)
    with closing(api), closed_by(stop, api):
        sync = Sync(config, api)
        with closing(sync):
            return _Account(config, sync, store, leader, hear, stop).read()


class _Account:
    """The reading of one account."""

    def __init__(
        self,
        config: Config,
        sync: Sync,
        store: Store,
        leader: Leadership,
        hear: Hear,
        stop: threading.Event,
    ) -> None:
        self._config, self._sync, self._store, self._leader = config, sync, store, leader
        self._hear, self._stop = hear, stop
        self._read_at = datetime.fromtimestamp(sync.read_at, timezone.utc)
        self._saving = threading.Lock()
        self._save_at_s = 0.0
        written = store.note(leader.account, READING) or {}
        states = parse_stream_state(TRACKS, written, feeds_of(TRACKS), config.api_key_digest)
        self._readings = sync.readings({TRACKS: states})

    def read(self) -> Failure | None:
        """Reads the feeds one after another, so that the number of requests does not depend on thread timing."""
        with ThreadPoolExecutor(self._config.num_workers, thread_name_prefix="reading") as pool:
            for reading in self._readings:
                if self._stop.is_set():
                    break
                try:
                    self._read_feed(reading, pool)
                except Exception as error:
                    reading.fail(error)
        self._save()
        return first_failure(self._readings)

    def _read_feed(self, reading: Reading, pool: ThreadPoolExecutor) -> None:
        """Parts are planned while others are read, but not far ahead: each holds its rows in memory."""
        running: set[Future[None]] = set()
        try:
            for part in self._sync.plan(reading):
                reading.turn.open()
                running.add(pool.submit(self._read_part, part))
                while len(running) > self._config.num_workers:
                    running = wait(running, return_when=FIRST_COMPLETED).not_done
                if reading.turn.failure or self._stop.is_set():
                    break
        finally:
            wait(running)

    def _read_part(self, part: Part) -> None:
        reading = part.reading
        if not reading.turn.enter():
            return
        try:
            events: list[KnownEvent] = []
            for batch in self._sync.read(part):
                for found, rows in batch:
                    events += map(_known, found, rows)
                if part.is_saved_by_batch or len(events) >= KEPT_AT_ONCE:
                    self._keep(events)
                    events = []
                    part.save()
            self._keep(events)
            part.cover()
            reading.turn.finish()
            self._save_if_due()
        except StoreError as error:
            reading.fail(MachineError(error.sentence))
        except Exception as error:
            reading.fail(error)
        finally:
            reading.turn.leave()

    def _keep(self, events: list[KnownEvent]) -> None:
        if self._stop.is_set():
            raise Failure(STOPPED)
        new = self._store.keep(self._leader, events, self._read_at) if events else 0
        progress = [reading.turn.progress() for reading in self._readings]
        read, planned = sum(turn.read for turn in progress), sum(turn.planned for turn in progress)
        share = sum(reading.share_read for reading in self._readings) / len(self._readings)
        self._hear(new, f"window {read:,} of {planned:,}", share)

    def _save_if_due(self) -> None:
        if time.monotonic() >= self._save_at_s and self._saving.acquire(blocking=False):
            try:
                self._save_locked()
            finally:
                self._saving.release()

    def _save(self) -> None:
        with self._saving:
            self._save_locked()

    def _save_locked(self) -> None:
        """The state is of parts whose events are stored, so it never knows more than the store."""
        begun_s = time.monotonic()
        written = write_state(self._readings, self._config.api_key_digest)
        self._store.set_note(self._leader.account, READING, written, self._leader)
        now_s = time.monotonic()
        self._save_at_s = now_s + (now_s - begun_s) / SHARE_OF_SAVING


def _known(event: Event, row: Mapping[str, Any]) -> KnownEvent:
    return KnownEvent(event.kind, event.email_id, event.at, row)


@contextmanager
def closed_by(stop: threading.Event, api: Mailjet) -> Iterator[None]:
    """Ends the requests that are under way as soon as `stop` is set."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            if stop.is_set():
                api.close()
                return

    watcher = threading.Thread(target=watch, name="stop", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
