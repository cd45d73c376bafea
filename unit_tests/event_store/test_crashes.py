"""Laws of what a crash, a full disk, a lock or another process may do to a store."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from event_store.database import LARGEST_LOG
from event_store.errors import StoreError, StoreFull, StoreUnavailable
from event_store.store import Store
from event_store.values import Receipt
from lab.postgres import Postgres, find_programs, running
from segment_events.kinds import DELIVERED
from unit_tests.event_store.posts import (
    ACCOUNT,
    NOW,
    delivered,
    deliveries,
    item,
    lead,
    post,
    receive,
    waiting_ids,
)
from unit_tests.event_store.worker import POST

ROOT = Path(__file__).parents[2]


def start(word: str, address: str) -> subprocess.Popen[str]:
    """A process of `worker.py`; as a context it is waited for, and its output closed."""
    words = [sys.executable, "-m", "unit_tests.event_store.worker", word, address]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("after_posts", [1, 4, 9])
def test_a_process_that_is_killed_loses_no_post_that_it_confirmed_and_leaves_none_half(
    address: str, after_posts: int
) -> None:
    with start("receive", address) as process:
        assert process.stdout
        confirmed = [int(process.stdout.readline()) for _ in range(after_posts)]
        process.kill()
        confirmed += [int(line) for line in process.stdout.read().split()]
    store = Store(address)
    stored = Counter(event_id.split("-")[-1].split("x")[0] for event_id in waiting_ids(store))
    assert set(stored.values()) == {POST}
    assert set(map(int, stored)) >= set(confirmed)
    store.close()


def test_another_leads_within_five_seconds_of_a_leaders_death(address: str) -> None:
    with start("lead", address) as process:
        assert process.stdout
        assert process.stdout.readline() == "leads\n"
        store = Store(address)
        assert store.try_lead(ACCOUNT) is None
        process.kill()
        killed = time.monotonic()
        while not (leader := store.try_lead(ACCOUNT)):
            assert time.monotonic() - killed < 5
            time.sleep(0.1)
        assert leader.is_held()
    store.close()


def test_ten_processes_open_a_fresh_store_at_once(address: str) -> None:
    with start("open", address) as processes:
        said = processes.communicate(timeout=120)[0].splitlines()
    assert processes.returncode == 0
    assert said == said[:1] * 10


def test_a_server_that_fails_loses_nothing_and_is_used_again() -> None:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running(programs) as server:
        store = Store(server.database())
        store.open_account(ACCOUNT, "0123abcd", NOW)
        receive(store, *deliveries(1, 20))
        server.stop("immediate")
        with pytest.raises(StoreUnavailable, match="another try stores nothing twice"):
            receive(store, *deliveries(21, 30))
        server.start()
        assert receive(store, *deliveries(1, 25)) == Receipt(5, 20, 0)
        store.close()


def test_collectors_that_receive_the_same_at_once_store_it_once(address: str) -> None:
    stores = [Store(address) for _ in range(4)]
    stores[0].open_account(ACCOUNT, "0123abcd", NOW)
    new: list[int] = []

    def work(store: Store) -> None:
        for start_at in range(1, 101, 10):
            new.append(receive(store, *deliveries(start_at, start_at + 9)).new)

    threads = [threading.Thread(target=work, args=(each,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(new) == 100
    assert len(waiting_ids(stores[0])) == 100
    for each in stores:
        each.close()


@pytest.fixture
def nearly_full(sqlite_address: str) -> Iterator[Store]:
    """A store whose file may have a few pages more."""
    store = Store(sqlite_address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    receive(store, *deliveries(1, 10))
    engine = store._database.engine
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        assert pages
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    yield store
    store.close()


def test_a_full_disk_is_said_and_nothing_of_the_batch_is_stored(nearly_full: Store) -> None:
    large = [item(DELIVERED, 1, str(number))._replace(body=b"x" * 2_000) for number in range(100, 200)]
    with pytest.raises(StoreFull, match=r"disk of The store .* is full: nothing of this was stored"):
        nearly_full.receive([post(delivered("11")), post(*large)])
    assert len(waiting_ids(nearly_full)) == 10
    assert receive(nearly_full, delivered("11")) == Receipt(1, 0, 0)


def test_a_write_that_finds_the_file_locked_says_so(sqlite_address: str) -> None:
    store = Store(sqlite_address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    with store._database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    other = create_engine(sqlite_address)
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked by another process"):
            receive(store, delivered("1"))
    other.dispose()
    assert waiting_ids(store) == []
    assert receive(store, delivered("1")) == Receipt(1, 0, 0)
    store.close()


def test_the_log_of_sqlite_stays_small_and_readers_do_not_stop_writers(sqlite_address: str, tmp_path: Path) -> None:
    store = Store(sqlite_address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    log = tmp_path / "events.db-wal"
    reader = create_engine(sqlite_address)
    with reader.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM event").scalar()
        for number in range(4):
            large = [item(DELIVERED, 1, f"{number}x{place}")._replace(body=b"x" * 1_000_000) for place in range(20)]
            receive(store, *large)
        assert log.stat().st_size > LARGEST_LOG
    reader.dispose()
    receive(store, delivered("1"))
    assert log.stat().st_size < LARGEST_LOG
    store.close()


def test_a_store_is_for_its_owners_eyes(sqlite_address: str, tmp_path: Path) -> None:
    store = Store(sqlite_address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    receive(store, delivered("1"))
    lead(store)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        path.name: "0o600" for path in tmp_path.iterdir()
    }
    store.close()


def test_what_was_forgotten_is_not_in_the_files_either(sqlite_address: str, tmp_path: Path) -> None:
    store = Store(sqlite_address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    receive(store, delivered("1", address="forget-me@example.com"), delivered("2", address="b@example.com"))
    leader = lead(store)
    first, second = store.unresolved(ACCOUNT, 9, NOW)
    row = {"context_traits_email": "forget-me@example.com", "payload": "forget-me@example.com " * 1_000}
    store.resolve(leader, [(first.inbox_id, {"id": "1", **row}), (second.inbox_id, {"id": "2"})])
    large = delivered("3", address="forget-me@example.com")._replace(body=b"forget-me@example.com " * 1_000)
    receive(store, large)
    store.forget("forget-me@example.com", NOW)
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert not any(b"forget-me" in content for content in files)
    store.close()


@pytest.mark.parametrize(
    "address", ["", "events.db", "sqlite://", "sqlite:///:memory:", "mysql://host/x", "sqlite+aiosqlite:///x.db"]
)
def test_addresses_of_no_store_are_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(StoreError, match=r"must be sqlite:///a-file\.db or postgresql://"):
        Store(address)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened: No such file or directory"):
        Store(f"sqlite:///{tmp_path}/none/events.db")


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"something else" * 1_000)
    with pytest.raises(StoreError, match=r"events\.db"):
        Store(f"sqlite:///{tmp_path}/events.db")


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store("postgresql://me:secret-word@127.0.0.1:9/events")
    assert "secret-word" not in str(caught.value)


def test_an_error_of_a_statement_says_nothing_of_its_values(postgres: Postgres) -> None:
    store = Store(postgres.emptied())
    store.open_account(ACCOUNT, "0123abcd", NOW)
    receive(store, delivered("1"))
    with pytest.raises(StoreError) as caught:
        store.postpone(ACCOUNT, [1 << 70], NOW)
    assert str(1 << 70) not in str(caught.value)
    assert caught.value.__cause__ is None
    store.close()
