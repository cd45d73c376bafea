"""Runs the collector under load, and looks that nothing of what it answered 200 was lost or doubled."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

import requests

from event_store.store import Store
from lab.benchmarks.collector_goals import (
    GROUPED,
    LEAST_PER_S,
    SHAPES,
    SINGLE,
    TOGETHER_PER_S,
    Received,
    Whole,
)
from lab.benchmarks.collector_process import ACCOUNT, PEERS_DATABASE, Collector, collecting
from lab.benchmarks.figures import LostError
from lab.benchmarks.stand_ins import Places, StandIns
from lab.benchmarks.webhook_load import Address, Events, Load, Person, post_for
from mailjet_sandbox.sandbox import API_KEY
from program.credential import key_digest
from segment_events.instants import format_instant

READY = {GROUPED: 1_000, SINGLE: 6_000}
"""Posts made beforehand for each second of a run: more than anybody takes."""
_LAG = re.compile(r'mailjet_collector_lag_seconds_bucket\{.*le="([^"]+)"')
SYNCS = 200
_SOON_S = 120
"""How long what was posted may take to Segment at most; beyond that it counts as lost."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class CollectorTrial:
    """What is needed to run collectors: stand-ins of Mailjet and Segment, and a folder for files."""

    stand_ins: StandIns
    folder: Path
    runs: int
    for_s: float
    say: Say

    def receive(
        self, who: str, store: str, peer: Address | None = None
    ) -> tuple[list[Received], list[Received], float]:
        """What a collector that does nothing else receives, then the peer in turn; and the collector's peak memory."""
        events, count, received, peers = self._events(), 0, [], []
        with _led_by_us(store) as opened, collecting(self.folder, store, self._account()) as collector:
            for size, shape in SHAPES.items():
                ours: list[Load] = []
                theirs: list[Load] = []
                for _ in range(self.runs):
                    ours.append(self._full(collector.address, events, size, f"{who}, {shape}"))
                    if peer:
                        theirs.append(self._full(peer, events, size, f"django-anymail, {shape}"))
                least_per_s = LEAST_PER_S[who, size]
                half = [
                    post_for(collector.address, events, size, self.for_s, least_per_s / 2) for _ in range(self.runs)
                ]
                received.append(Received(who, size, ours, half))
                peers += [Received("django-anymail", size, theirs, [])] if peer else []
                count += sum(load.events for load in (*ours, *half))
            stored = opened.status(ACCOUNT).waiting
            if stored != count:
                raise LostError(f"Of {count:,} events that the collector answered 200, {stored:,} are in {who}.")
            self._require_peers_too(sum(load.events for they in peers for load in they.full))
            return received, peers, collector.memory_mb("VmHWM")

    def _require_peers_too(self, events: int) -> None:
        if not events:
            return
        with closing(sqlite3.connect(self.folder / PEERS_DATABASE)) as database:
            (stored,) = database.execute("SELECT count(*) FROM event").fetchone()
        if stored != events:
            raise LostError(f"Of {events:,} events that django-anymail answered 200, {stored:,} are stored.")

    def whole(self, who: str, store: str, for_s: float) -> Whole:
        """Receives, resolves and forwards at once."""
        self.stand_ins.reset()
        with collecting(self.folder, store, self._account(to_segment=True)) as collector:
            middle: list[float] = []
            timer = threading.Timer(for_s / 2, lambda: middle.append(collector.memory_mb()))
            timer.start()
            load = post_for(collector.address, self._events(), GROUPED, for_s, 1.01 * TOGETHER_PER_S)
            end_mb = collector.memory_mb()
            timer.join()
            self._require_all(collector, load.events)
            lag_s = lag_p99_s(collector.metrics())
            self.say(f"  {who}: received, resolved and forwarded {load.per_s:,.0f}/s, lag p99 {lag_s:.2f} s")
            peak_mb = collector.memory_mb("VmHWM")
        return Whole(who, load.lasted_s, load.per_s, load.latency_s(0.99), lag_s, middle[0], end_mb, peak_mb)

    def drain(self, store: str) -> tuple[int, float]:
        """How many events wait in a store, and how many a second of them reach Segment."""
        opened = Store(store)
        with collecting(self.folder, store, self._account()) as collector:
            _wait_until(lambda: opened.status(ACCOUNT).waiting == 0, "resolved")
            rows, _ = collector.read_ids()
        opened.close()
        self.stand_ins.reset()
        with collecting(self.folder, store, self._account(to_segment=True)) as collector:
            self._require_all(collector, rows)
        per_s = self.stand_ins.delivered().per_s
        self.say(f"  a backlog of {rows:,}: {per_s:,.0f}/s")
        return rows, per_s

    def _full(self, address: Address, events: Events, size: int, what: str) -> Load:
        load = post_for(address, events, size, self.for_s, ready=int(READY[size] * self.for_s))
        self.say(f"  {what}: {load.per_s:,.0f}/s")
        return load

    def _events(self) -> Events:
        return Events(people_of(self.stand_ins.places))

    def _account(self, *, to_segment: bool = False) -> dict[str, Any]:
        places = self.stand_ins.places
        account: dict[str, Any] = {
            "api_key": places.api_key,
            "api_key_secret": places.api_key_secret,
            "api_url": places.mailjet_url,
            "max_requests_per_second": 1_000,
        }
        if to_segment:
            account["segment"] = {
                "write_key": places.write_key,
                "region": {"location": "other", "api_url": places.segment_url},
                "forward_from": format_instant(datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=1)),
            }
        return account

    def _require_all(self, collector: Collector, events: int) -> None:
        """Waits until Segment has all; raises `LostError` unless it and a reader have each event once."""
        _wait_until(lambda: self.stand_ins.delivered().accepted >= events, "at Segment")
        delivered, (rows, ids) = self.stand_ins.delivered(), collector.read_ids()
        if not (delivered.accepted == rows == ids == events) or delivered.doubled or delivered.dropped:
            found = f"Segment got {delivered}, a reader {rows:,} rows with {ids:,} ids"
            raise LostError(f"Of {events:,} events that the collector answered 200, {found}.")


def sync_s(folder: Path) -> float:
    """How long the disk of a folder takes to sync a page, as the median of many."""
    took_s = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(4_096))
            began_s = time.perf_counter()
            os.fdatasync(file)
            took_s.append(time.perf_counter() - began_s)
    return median(took_s)


def people_of(places: Places) -> Sequence[Person]:
    """Some thousand contacts of the stand-in's account, each with one of its campaigns."""
    auth = places.api_key, places.api_key_secret

    def rows(resource: str, offset: int = 0) -> list[dict[str, Any]]:
        url = f"{places.mailjet_url}/v3/REST/{resource}?Limit=1000&Offset={offset}"
        answer = requests.get(url, auth=auth, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["Data"]
        return found

    campaigns = rows("campaign")
    contacts = [contact for offset in range(0, 5_000, 1_000) for contact in rows("contact", offset)]
    return [
        Person(int(contact["ID"]), contact["Email"], int(campaigns[number % len(campaigns)]["ID"]))
        for number, contact in enumerate(contacts)
    ]


@contextmanager
def _led_by_us(store: str) -> Iterator[Store]:
    """The store of a collector that only receives, because somebody else leads its account: we do, and do nothing."""
    opened = Store(store)
    try:
        opened.open_account(ACCOUNT, key_digest(API_KEY), datetime.now(timezone.utc))
        leader = opened.try_lead(ACCOUNT)
        assert leader
        yield opened
        leader.release()
    finally:
        opened.close()


def lag_p99_s(metrics: Mapping[str, float]) -> float:
    """The lag that one event in a hundred exceeds: within the bucket that holds it, as Prometheus estimates it."""
    buckets = sorted(
        (inf if found[1] == "+Inf" else float(found[1]), count)
        for name, count in metrics.items()
        if (found := _LAG.match(name))
    )
    wanted, lower, before = 0.99 * buckets[-1][1], 0.0, 0.0
    for upper, count in buckets:
        if count >= wanted:
            return lower + (upper - lower) * (wanted - before) / (count - before)
        lower, before = upper, count
    return inf


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + _SOON_S
    while not condition():
        if time.monotonic() > until_s:
            raise LostError(f"What the collector answered 200 was not {what} in {_SOON_S} s.")
        time.sleep(0.1)
