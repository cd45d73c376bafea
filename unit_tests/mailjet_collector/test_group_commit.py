"""Posts that wait for one writer: who is answered, when, and what the fault of a post costs the others."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from event_store.errors import StoreError
from event_store.store import Store
from event_store.values import Item, Post, Receipt, Refused
from mailjet_collector.group_commit import Busy, GroupCommit
from segment_events.kinds import DELIVERED
from unit_tests.event_store.conftest import store
from unit_tests.event_store.posts import ACCOUNT, NOW, delivered, post, waiting_ids

__all__ = ["store"]

BAD = Item(DELIVERED, "\ud800", 100, b"its id is no text that a database takes")


@pytest.fixture
def sqlite_store(sqlite_address: str) -> Iterator[Store]:
    opened = Store(sqlite_address)
    opened.open_account(ACCOUNT, "0123abcd", NOW)
    yield opened
    opened.close()


@contextmanager
def locked(sqlite_address: str) -> Iterator[None]:
    """Nobody else can write to the database."""
    connection = sqlite3.connect(sqlite_address.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.rollback()
    connection.close()


def with_commit(store: Store, use: Callable[[GroupCommit], Awaitable[None]], most_waiting: int = 100) -> None:
    async def run() -> None:
        commit = GroupCommit(store, most_waiting)
        commit.start()
        await use(commit)
        assert await asyncio.to_thread(commit.close, 10)

    asyncio.run(run())


def test_each_post_gets_its_own_receipt(store: Store) -> None:
    async def use(commit: GroupCommit) -> None:
        refused = Post(ACCOUNT, NOW, (), [Refused("not JSON", b"?")])
        puts = [commit.put(each) for each in (post(delivered("1"), delivered("2")), post(delivered("1")), refused)]
        assert await asyncio.gather(*puts) == [Receipt(2, 0, 0), Receipt(0, 1, 0), Receipt(0, 0, 1)]

    with_commit(store, use)


def test_a_post_that_the_store_cannot_take_is_kept_as_rejected_and_its_neighbours_are_stored(store: Store) -> None:
    async def use(commit: GroupCommit) -> None:
        puts = [commit.put(each) for each in (post(delivered("1")), post(delivered("2"), BAD), post(delivered("3")))]
        assert await asyncio.gather(*puts) == [Receipt(1, 0, 0), Receipt(0, 0, 2), Receipt(1, 0, 0)]

    with_commit(store, use)
    assert waiting_ids(store) == ["mailjet-delivered-1", "mailjet-delivered-3"]
    kept = [each.body for each in store.rejected_bodies(ACCOUNT, 0, 10)]
    assert kept == [delivered("2").body, BAD.body]
    assert {each.reason for each in store.rejected(ACCOUNT, 10)} == {"it could not be stored"}


def test_more_posts_than_may_wait_are_refused_and_later_ones_taken(sqlite_store: Store, sqlite_address: str) -> None:
    async def use(commit: GroupCommit) -> None:
        with locked(sqlite_address):
            first, second = (commit.put(post(delivered(str(number)), delivered(f"{number}0"))) for number in (1, 2))
            with pytest.raises(Busy):
                commit.put(post(delivered("3")))
        await asyncio.gather(first, second)
        assert await commit.put(post(delivered("4"))) == Receipt(1, 0, 0)

    with_commit(sqlite_store, use, most_waiting=4)
    assert "mailjet-delivered-3" not in waiting_ids(sqlite_store)


def test_a_post_larger_than_the_queue_is_taken_if_nothing_else_waits(sqlite_store: Store) -> None:
    async def use(commit: GroupCommit) -> None:
        assert await commit.put(post(*map(delivered, "123456789"))) == Receipt(9, 0, 0)

    with_commit(sqlite_store, use, most_waiting=4)


def test_a_post_that_nobody_waits_for_any_more_is_not_stored(sqlite_store: Store, sqlite_address: str) -> None:
    async def use(commit: GroupCommit) -> None:
        with locked(sqlite_address):
            first = commit.put(post(delivered("1")))
            await asyncio.sleep(0.2)  # the writer has taken it
            withdrawn = commit.put(post(delivered("2")))
            withdrawn.cancel()
        await first
        await commit.put(post(delivered("3")))

    with_commit(sqlite_store, use)
    assert waiting_ids(sqlite_store) == ["mailjet-delivered-1", "mailjet-delivered-3"]


def test_what_waits_at_the_end_is_stored_and_nothing_is_taken_after_it(sqlite_store: Store) -> None:
    async def run() -> None:
        commit = GroupCommit(sqlite_store)
        commit.start()
        puts = [commit.put(post(delivered(str(number)))) for number in range(1, 1_001)]
        assert await asyncio.to_thread(commit.close, 10)
        assert len(await asyncio.gather(*puts)) == 1_000
        with pytest.raises(Busy):
            commit.put(post(delivered("5000")))

    asyncio.run(run())
    assert len(waiting_ids(sqlite_store)) == 1_000


def test_a_store_that_fails_fails_all_posts_of_a_batch_and_keeps_none(sqlite_store: Store) -> None:
    async def use(commit: GroupCommit) -> None:
        with sqlite_store._database.engine.connect() as connection:
            pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
        large = [post(delivered(str(number))._replace(body=b"x" * 20_000)) for number in range(1, 9)]
        outcomes = await asyncio.gather(*[commit.put(each) for each in large], return_exceptions=True)
        assert {type(outcome).__name__ for outcome in outcomes} == {"StoreFull"}
        assert isinstance(outcomes[0], StoreError)

    with_commit(sqlite_store, use)
    assert waiting_ids(sqlite_store) == []
    assert sqlite_store.rejected(ACCOUNT, 10) == []
