"""The writers of one process into SQLite: one by one, however long that takes, unless nobody gets through."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from event_store.database import Database
from event_store.errors import StoreUnavailable

TURN_S = 1.5


@pytest.fixture
def database(sqlite_address: str) -> Iterator[Database]:
    opened = Database(sqlite_address, turn_s=TURN_S)
    yield opened
    opened.close()


def test_a_writer_waits_as_long_as_others_get_something_written(database: Database) -> None:
    def write(_: int) -> None:
        with database.writing():
            time.sleep(0.2 * TURN_S)

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(write, range(8)))) == 8


def test_a_writer_gives_up_if_nobody_gets_anything_written(database: Database) -> None:
    begun, over = threading.Event(), threading.Event()

    def hang() -> None:
        with database.writing():
            begun.set()
            over.wait(60)

    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(hang)
        assert begun.wait(60)
        try:
            with pytest.raises(StoreUnavailable, match="locked by this process"), database.writing():
                pass
        finally:
            over.set()
        hanging.result()
