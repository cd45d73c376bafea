"""Brings a database to the present schema when a store is opened, one process at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import text

from event_store.database import PG_SCHEMA, Database
from event_store.errors import NoStore, StoreError, explained
from event_store.leadership import FileLocks
from event_store.migrations.apply import is_current, upgrade

_LOCK = 0x6D6A_7374
"""Any number that no other program takes as an advisory lock."""


def refuse_other_schema(database: Database) -> None:
    """Raises `NoStore` unless the tables are there in their present form, and `LaterStore`; changes nothing."""
    with database.reading() as connection:
        if not is_current(connection):
            raise NoStore(
                f"{database.name} is of an earlier version of this program, or holds no events: run mailjet-segment "
                "sync or collect once, which makes or upgrades it."
            )


def prepare(database: Database) -> None:
    """Makes or upgrades the tables; raises `LaterStore` if a later version made them."""
    if database.file:
        _prepare_sqlite(database, database.file)
    else:
        _prepare_postgres(database)


def _prepare_sqlite(database: Database, file: Path) -> None:
    lock = FileLocks(file).lock("open")
    try:
        _keep_a_log(database)
        with database.writing() as connection:
            upgrade(connection)
    finally:
        os.close(lock)


def _keep_a_log(database: Database) -> None:
    """Write-ahead logging: readers and one writer do not wait for each other. The file remembers it."""
    with explained(database.name), database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if driver.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise StoreError(f"{database.name} is on a file system that SQLite's write-ahead log cannot be used on.")


def _prepare_postgres(database: Database) -> None:
    with database.reading() as connection:
        if is_current(connection):
            return
    with database.writing() as connection:
        connection.execute(text("SET LOCAL lock_timeout TO '60s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {PG_SCHEMA}"))
        upgrade(connection)
