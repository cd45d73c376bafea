"""What no post reported is found by REST, once, for few requests; what is stored is asked for nothing more."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_collector.address_watch import AddressWatch
from mailjet_collector.completeness import Completeness
from mailjet_collector.config import AccountConfig
from mailjet_collector.metrics import Metrics
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from program.budget import Budget
from program.failure import Failure
from unit_tests.conftest import Reader
from unit_tests.mailjet_collector.posted import ACCOUNT, item_of, post_of
from unit_tests.mailjet_collector.stage import account_of, all_rows, leading, open_store, wait_for

STREAMS = (
    *("email_delivered", "email_opened", "email_link_clicked"),
    *("email_unsubscribed", "email_bounced", "email_marked_as_spam", "email_blocked"),
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=8, messages=600, days=12, days_ahead=2) as served:
        yield served


@pytest.fixture
def account(sandbox: Sandbox) -> AccountConfig:
    return account_of(sandbox, segment=None, start=int(sandbox.start.timestamp()))


@pytest.fixture
def store(account: AccountConfig, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'events.db'}", account)
    yield opened
    opened.close()


@pytest.fixture
def leader(store: Store) -> Leadership:
    led = store.try_lead(ACCOUNT)
    assert led
    return led


def completeness(account: AccountConfig, store: Store, metrics: Metrics | None = None) -> Completeness:
    budget = Budget(10_000, time.monotonic, time.sleep)
    counted = (metrics or Metrics()).account(ACCOUNT)
    return Completeness(account, store, counted, budget, 3600, logging.getLogger("test"))


def read_once(account: AccountConfig, store: Store, leader: Leadership, metrics: Metrics | None = None) -> None:
    completeness(account, store, metrics).read_once(leader, threading.Event())


def post_all(store: Store, happened: list[Happened]) -> None:
    for first in range(0, len(happened), 500):
        store.receive([post_of([item_of(each) for each in happened[first : first + 500]])])


def stored_ids(store: Store) -> list[str]:
    """The ids of all that was stored and waits."""
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    return sorted(each.event_id for each in store.unresolved(ACCOUNT, 100_000, tomorrow))


def ids_by_rest(sandbox: Sandbox) -> set[str]:
    """What REST tells until the reading's end, which is 5 s before the account's time."""
    until = sandbox.now - timedelta(seconds=5)
    blocked = {each.id for each in sandbox.truth(until=until, with_blocked=True) if each.kind == "blocked"}
    assert blocked
    return blocked | {event_id for _, event_id in sandbox.event_ids(until=until)}


def test_all_is_found_when_no_post_came(
    sandbox: Sandbox, account: AccountConfig, store: Store, leader: Leadership
) -> None:
    metrics = Metrics()
    read_once(account, store, leader, metrics)
    assert set(stored_ids(store)) == ids_by_rest(sandbox)
    value = metrics.registry.get_sample_value(
        "mailjet_collector_events_found_total", {"account": ACCOUNT, "kind": "opened"}
    )
    assert value == sum(1 for event_id in ids_by_rest(sandbox) if event_id.startswith("mailjet-opened-"))


def test_what_posts_missed_is_found_and_nothing_comes_twice(
    sandbox: Sandbox, account: AccountConfig, store: Store, leader: Leadership
) -> None:
    blocked = [each for each in sandbox.truth(with_blocked=True) if each.kind == "blocked"]
    posted = [*sandbox.truth()[::2], *blocked[::2]]
    post_all(store, posted)
    read_once(account, store, leader)
    expected = ids_by_rest(sandbox) | {each.id for each in posted}
    ours = stored_ids(store)
    assert len(ours) == len(set(ours))
    # A late delivery that REST alone knows has the time of its arrival; its id is the same.
    assert {event_id for event_id in ours if not event_id.endswith("-hard")} == expected
    read_once(account, store, leader)
    assert stored_ids(store) == ours


def test_what_is_stored_costs_no_histories(
    sandbox: Sandbox, account: AccountConfig, store: Store, leader: Leadership
) -> None:
    post_all(store, sandbox.truth(with_blocked=True))
    sandbox.reset_requests()
    read_once(account, store, leader)
    assert not [asked.path for asked in sandbox.requests if "messagehistory" in asked.path]


def test_a_quiet_hour_costs_12_requests_at_most(
    sandbox: Sandbox, account: AccountConfig, store: Store, leader: Leadership
) -> None:
    post_all(store, sandbox.truth(with_blocked=True))
    read_once(account, store, leader)
    before = sandbox.now
    sandbox.now = before + timedelta(hours=1)
    post_all(store, sandbox.truth(since=before, with_blocked=True))
    sandbox.reset_requests()
    read_once(account, store, leader)
    assert sandbox.request_count <= 12, [asked.path for asked in sandbox.requests]


def test_a_feed_that_fails_is_read_later_and_the_others_now(
    sandbox: Sandbox, account: AccountConfig, store: Store, leader: Leadership
) -> None:
    sandbox.set_faults(Fault("clickstatistics", status(403), times=None))
    with pytest.raises(Failure):
        read_once(account, store, leader)
    first = set(stored_ids(store))
    assert first == {event_id for event_id in ids_by_rest(sandbox) if "-clicked-" not in event_id}
    sandbox.set_faults()
    read_once(account, store, leader)
    assert set(stored_ids(store)) == ids_by_rest(sandbox)


def test_found_events_have_the_rows_of_the_source(
    sandbox: Sandbox, account: AccountConfig, store: Store, read: Reader
) -> None:
    synced = read(sandbox, streams=STREAMS)
    expected = {row["id"]: row for rows in synced.records.values() for row in rows}
    with leading(store, account, completeness_s=3600):
        wait_for(lambda: len(all_rows(store)) == len(expected), 60)
    without = {"received_at", "sent_at"}
    for stored in all_rows(store):
        theirs = {name: value for name, value in expected[str(stored.row["id"])].items() if name not in without}
        assert {name: value for name, value in stored.row.items() if name not in without} == theirs


def test_the_states_of_bounces_are_asked_for_once_a_day_and_addresses_each_time(
    sandbox: Sandbox, account: AccountConfig, store: Store, leader: Leadership
) -> None:
    log, budget = logging.getLogger("test"), Budget(10_000, time.monotonic, time.sleep)
    watch = AddressWatch(account, "http://127.0.0.1:9", store, log)
    reading = Completeness(account, store, Metrics().account(ACCOUNT), budget, 3600, log, watch)
    for _ in range(3):
        reading.read_once(leader, threading.Event())
    paths = [asked.path.rpartition("/")[2] for asked in sandbox.requests]
    assert (paths.count("messagestate"), paths.count("eventcallbackurl")) == (1, 3)
