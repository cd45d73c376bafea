"""Events that are resolved when they come: stored once, with their position, and a bounce that turns out to be hard."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text

from event_store.errors import NotLeader
from event_store.forgetting import announce
from event_store.leadership import Leadership
from event_store.receiving import hold_receiving
from event_store.store import Store
from event_store.suppression import KEPT
from event_store.values import KnownEvent
from lab.postgres import Postgres
from segment_events.kinds import BOUNCED, CLICKED, DELIVERED, Kind
from unit_tests.event_store.posts import ACCOUNT, NOW, lead


@pytest.fixture
def leader(store: Store) -> Leadership:
    held = store.try_lead(ACCOUNT)
    assert held
    return held


def known(kind: Kind, email_id: str, second: int = 100, **columns: Any) -> KnownEvent:
    return KnownEvent(kind, email_id, second, {"id": f"mailjet-{kind.name}-{email_id}", **columns})


def rows(store: Store) -> list[Mapping[str, Any]]:
    return [stored.row for stored in store.read(ACCOUNT, None, 100).rows]


def test_each_is_stored_once_and_read_in_its_order(store: Store, leader: Leadership) -> None:
    events = [known(DELIVERED, "1"), known(CLICKED, "1", link_url="https://x.example"), known(DELIVERED, "2")]
    assert store.keep(leader, events, NOW) == 3
    assert store.keep(leader, [*events, known(DELIVERED, "3")], NOW) == 1
    assert [row["id"] for row in rows(store)] == [event.row["id"] for event in [*events, known(DELIVERED, "3")]]


def test_of_two_alike_in_one_batch_one_is_stored(store: Store, leader: Leadership) -> None:
    assert store.keep(leader, [known(DELIVERED, "1"), known(DELIVERED, "1")], NOW) == 1


def test_a_soft_bounce_that_is_told_as_hard_comes_to_each_reader_again(store: Store, leader: Leadership) -> None:
    assert store.keep(leader, [known(BOUNCED, "1", bounce_type="soft"), known(DELIVERED, "2")], NOW) == 2
    after = store.read(ACCOUNT, None, 100).after
    assert store.keep(leader, [known(BOUNCED, "1", bounce_type="hard")], NOW) == 0
    assert [stored.row["bounce_type"] for stored in store.read(ACCOUNT, after, 100).rows] == ["hard"]
    assert len(rows(store)) == 2
    after = store.read(ACCOUNT, None, 100).after
    for again in ("hard", "soft"):
        store.keep(leader, [known(BOUNCED, "1", bounce_type=again)], NOW)
    assert not store.read(ACCOUNT, after, 100).rows


def test_an_address_that_is_forgotten_is_deleted(store: Store, leader: Leadership) -> None:
    store.keep(leader, [known(DELIVERED, "1", context_traits_email="Ann@x.example"), known(DELIVERED, "2")], NOW)
    assert store.forget("ann@x.example", NOW).events == 1
    assert [row["id"] for row in rows(store)] == ["mailjet-delivered-2"]
    assert store.keep(leader, [known(DELIVERED, "1", context_traits_email="ann@x.example")], NOW) == 0


def test_what_a_reading_from_before_brings_of_a_forgotten_person_is_deleted_whoever_is_forgotten_next(
    store: Store, leader: Leadership
) -> None:
    store.forget("ann@x.example", NOW + timedelta(minutes=1))
    store.forget("joann@x.example", NOW + timedelta(minutes=2))
    names = {"1": "Ann", "2": "bob", "3": "joann"}
    events = [known(DELIVERED, number, context_traits_email=f"{name}@x.example") for number, name in names.items()]
    store.keep(leader, events, NOW)
    assert [row["id"] for row in rows(store)] == ["mailjet-delivered-2"]


def test_a_digest_of_a_forgotten_person_does_not_stay_forever(store: Store, leader: Leadership) -> None:
    store.forget("ann@x.example", NOW)
    store.forget("joann@x.example", NOW + KEPT + timedelta(minutes=1))
    store.keep(leader, [known(DELIVERED, "1", context_traits_email="ann@x.example")], NOW)
    assert [row["id"] for row in rows(store)] == ["mailjet-delivered-1"]


@pytest.mark.servers
def test_events_are_kept_while_somebody_is_forgotten(postgres: Postgres) -> None:
    address = postgres.emptied()
    with closing(Store(address)) as store, ThreadPoolExecutor() as pool:
        store.open_account(ACCOUNT, "0123abcd", NOW)
        engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text("SET search_path TO event_store"))
            hold_receiving(connection)
            kept = pool.submit(store.keep, lead(store), [known(DELIVERED, "1")], NOW)
            _wait_until_somebody_waits(address)
            announce(connection, store.id, "ann@x.example", NOW)
        engine.dispose()
        assert kept.result() == 1


def _wait_until_somebody_waits(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        until_s = time.monotonic() + 5
        while not connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert time.monotonic() < until_s
            time.sleep(0.01)


def test_a_former_leader_stores_nothing(store: Store, leader: Leadership) -> None:
    leader.release()
    assert store.try_lead(ACCOUNT)
    with pytest.raises(NotLeader):
        store.keep(leader, [known(DELIVERED, "1")], NOW)
    assert not rows(store)
