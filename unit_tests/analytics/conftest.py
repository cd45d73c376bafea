"""Places with the same events: a store, and what was loaded from it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from lab.postgres import Postgres
from lab.postgres_fixture import postgres
from mailjet_segment.analytics.place import Place, duckdb_place, parse_place
from mailjet_segment.loads.database import ALL_TABLES, Database, make_tables
from mailjet_segment.loads.loading import load
from mailjet_segment.loads.tables import to_tables
from mailjet_segment.loads.target import parse_target
from segment_events.kinds import ALL_KINDS
from unit_tests.event_store.posts import ACCOUNT
from unit_tests.loads.rows import add_events, open_store

__all__ = ["postgres"]

EVENTS = 80


@pytest.fixture(scope="session")
def store_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The store of a collector."""
    address = f"sqlite:///{tmp_path_factory.mktemp('store') / 'events.db'}"
    store = open_store(address)
    add_events(store, 0, EVENTS)
    store.close()
    return parse_place(address)


def loaded_into(store_place: Place, url: str) -> None:
    store = open_store(f"sqlite:///{store_place.address}")
    load(store, [ACCOUNT], parse_target(url), threading.Event())
    store.close()


@pytest.fixture(scope="session")
def duckdb_file(store_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A DuckDB file as a sync leaves it."""
    file: Path = tmp_path_factory.mktemp("loaded") / "mailjet.duckdb"
    with duckdb.connect(str(file)) as connection, closing(sqlite3.connect(store_place.address)) as store:
        make_tables(Database(connection, "duckdb", str(file)), ALL_TABLES)
        for kind in ALL_KINDS:
            rows = store.execute("SELECT row_json FROM event WHERE kind = ?", [kind.name]).fetchall()
            for name, table in to_tables({kind.stream: [text for (text,) in rows]}).items():
                connection.register("loaded", table)
                connection.execute(f"INSERT INTO main.{name} BY NAME SELECT * FROM loaded")
    return duckdb_place(file)


@pytest.fixture
def server_place(store_place: Place, postgres: Postgres) -> Place:
    """A PostgreSQL that was loaded into."""
    url = postgres.emptied()
    loaded_into(store_place, url)
    return parse_place(url)


@pytest.fixture
def collector_place(postgres: Postgres) -> Place:
    """A PostgreSQL that is the store of a collector."""
    url = postgres.emptied()
    store = open_store(url)
    add_events(store, 0, EVENTS)
    store.close()
    return parse_place(url)
