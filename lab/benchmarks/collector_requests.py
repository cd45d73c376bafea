"""How many requests a collector's hourly reading by REST costs if posts came, on an account that sends newsletters.

`python -m lab.benchmarks.collector_requests` measures it alone. The look at `eventcallbackurl` is counted too.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import orjson

from event_store.store import Store
from lab.benchmarks.figures import LostError
from lab.benchmarks.goals import Goal
from lab.benchmarks.plan import AN_HOUR, FULL
from lab.benchmarks.stand_ins import requests_by_resource
from mailjet_collector.address_watch import AddressWatch
from mailjet_collector.completeness import Completeness
from mailjet_collector.config import AccountConfig, parse_config
from mailjet_collector.metrics import Metrics
from mailjet_collector.posts import to_post
from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.webhook_items import to_webhook_item
from program.budget import Budget
from segment_events.instants import format_instant

_STORED = "mailjet_collector_events_stored_total"
URL = "http://127.0.0.1:9"
AT_ONCE = 500
MOST = 12
"""Requests of a quiet hour: the goal."""
_HOUR = timedelta(hours=1)
STEPS = {
    "a day after the start": 24 * _HOUR,
    f"{AN_HOUR} (1)": _HOUR,
    f"{AN_HOUR} (2)": _HOUR,
    "a day later again": 26 * _HOUR,
    f"{AN_HOUR} (3)": _HOUR,
    f"{AN_HOUR} (4)": _HOUR,
}


@dataclass(frozen=True)
class CollectorReading:
    """One reading: how many events were posted since the last one, what it found, and what it asked for."""

    what: str
    posted: int
    found: int
    by_resource: Mapping[str, int]

    @property
    def requests(self) -> int:
        return sum(self.by_resource.values())


def measure_collector_requests(messages: int, say: Callable[[str], None]) -> list[CollectorReading]:
    """A reading after each step of the account's clock. Raises `LostError` if one finds what was posted."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(account=newsletter_account(messages)) as sandbox:
        account = _account(sandbox, folder)
        with closing(Store(f"sqlite:///{folder}/events.db")) as store:
            store.open_account(account.name, account.key_digest, datetime.now(timezone.utc))
            return _measure(sandbox, account, store, say)


def _measure(
    sandbox: Sandbox, account: AccountConfig, store: Store, say: Callable[[str], None]
) -> list[CollectorReading]:
    metrics, log = Metrics(), logging.getLogger("benchmark")
    watch, budget = AddressWatch(account, URL, store, log), Budget(10_000, time.monotonic, time.sleep)
    completeness = Completeness(account, store, metrics.account(account.name), budget, 3_600, log, watch)
    leader = store.try_lead(account.name)
    assert leader
    readings = []
    for what, step in STEPS.items():
        since = sandbox.now
        sandbox.now += step
        posted = _post(sandbox, account.name, store, since)
        sandbox.reset_requests()
        completeness.read_once(leader, threading.Event())
        # Posts do not go through the receiver here, which would count them.
        found = int(metrics.registry.get_sample_value(_STORED, {"account": account.name}) or 0)
        readings.append(CollectorReading(what, posted, found, requests_by_resource(sandbox)))
        say(f"  {what}: {posted:,} events posted, {readings[-1].requests} requests, {found} found")
    leader.release()
    if readings[-1].found:
        raise LostError(f"The collector's readings found {readings[-1].found} events that were posted.")
    return readings


def _post(sandbox: Sandbox, account: str, store: Store, since: datetime) -> int:
    happened = sandbox.truth(since=since, with_blocked=True)
    now = datetime.now(timezone.utc)
    for first in range(0, len(happened), AT_ONCE):
        body = orjson.dumps([to_webhook_item(event) for event in happened[first : first + AT_ONCE]])
        store.receive([to_post(account, now, body)])
    return len(happened)


def _account(sandbox: Sandbox, folder: str) -> AccountConfig:
    account = {
        "name": "newsletters",
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "webhook_password": "a-password-of-the-benchmark",
        "start_date": format_instant(sandbox.now),
        "max_requests_per_second": 1_000,
    }
    return parse_config({"accounts": [account]}, Path(folder)).accounts[0]


def busiest_hour(readings: Sequence[CollectorReading]) -> int:
    """The most requests of an hourly reading."""
    return max(reading.requests for reading in readings if reading.what.startswith(AN_HOUR))


def to_goal(readings: Sequence[CollectorReading]) -> Goal:
    return Goal("collector's reading, an hour, posts had come: requests, at worst", busiest_hour(readings), MOST)


def to_rows(readings: Sequence[CollectorReading]) -> Mapping[str, str]:
    """Each reading, for the section about the collector."""
    return {
        f"reading by REST, {reading.what}": f"{reading.requests} requests, {reading.posted:,} events had been posted ("
        + ", ".join(f"{resource} {count}" for resource, count in sorted(reading.by_resource.items()))
        + ")"
        for reading in readings
    }


def main() -> None:
    readings = measure_collector_requests(FULL.history_messages, print)
    print(f"at most {busiest_hour(readings)} requests an hour")


if __name__ == "__main__":
    main()
