"""What a store offers to those who load all its rows elsewhere: many rows at once, a lock by name, a new beginning."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from event_store.errors import BadPosition, GonePosition
from event_store.store import Store
from segment_events.kinds import DELIVERED, OPENED
from unit_tests.event_store.posts import ACCOUNT, NOW, deliveries, ids_read, opened, receive, resolve_all


def test_many_rows_are_those_of_a_page_by_stream_and_in_order(store: Store) -> None:
    receive(store, *deliveries(1, 5), opened(100), opened(200))
    resolve_all(store)
    texts: dict[str, list[str]] = {}
    after, more, batches = None, True, 0
    while more:
        batch = store.read_many(ACCOUNT, after, 3)
        after, more, batches = batch.after, batch.more, batches + 1
        for stream, rows in batch.texts.items():
            texts.setdefault(stream, []).extend(rows)
    ids = [json.loads(row)["id"] for stream in (DELIVERED.stream, OPENED.stream) for row in texts[stream]]
    assert (ids, batches) == (ids_read(store), 3)
    assert store.read_many(ACCOUNT, after, 3) == ({}, after, False)


def test_many_rows_have_the_limits_of_a_page(store: Store) -> None:
    receive(store, *deliveries(1, 5))
    resolve_all(store)
    first = store.read_many(ACCOUNT, None, 2).after
    store.delete_before(ACCOUNT, NOW + timedelta(days=1))
    with pytest.raises(GonePosition):
        store.read_many(ACCOUNT, first, 2)
    assert store.read_many(ACCOUNT, None, 2).texts == {}
    with pytest.raises(BadPosition):
        store.read_many(ACCOUNT, "no position", 2)


def test_a_lock_by_name_is_held_by_one_and_given_back(store: Store, address: str) -> None:
    other = Store(address)
    with store.hold("load-1") as is_ours, other.hold("load-1") as is_theirs, other.hold("load-2") as is_another:
        assert (is_ours, is_theirs, is_another) == (True, False, True)
    with other.hold("load-1") as is_theirs:
        assert is_theirs
    leader = store.try_lead(ACCOUNT)
    assert leader  # no lock by a name is that of an account
    other.close()


def test_a_consumer_begins_again_in_all_accounts_and_no_other_does(store: Store) -> None:
    store.open_account("bee", "0123abce", NOW)
    receive(store, *deliveries(1, 5))
    resolve_all(store)
    last = store.read_many(ACCOUNT, None, 10).after
    begin = store.consumer("bee", "mine").after
    for name in ("mine", "theirs"):
        store.consumer(ACCOUNT, name)
        store.advance(ACCOUNT, name, last)
    store.begin_again("mine")
    assert ids_read(store, store.consumer(ACCOUNT, "mine").after) == ids_read(store)
    assert ids_read(store, store.consumer(ACCOUNT, "theirs").after) == []
    assert store.consumer("bee", "mine").after == begin
