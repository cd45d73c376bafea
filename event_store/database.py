"""A database that keeps its commits: SQLite with its log on disk, or PostgreSQL with synchronous commits.

Writes begin with their lock (`BEGIN IMMEDIATE`), so that two of them never meet halfway. All reads are short: an open
one would keep SQLite's log from being emptied.
"""

from __future__ import annotations

import os
import select
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from event_store.errors import NoStore, StoreError, StoreFull, StoreUnavailable, explained, wrong_address

BUSY_S = 10
"""How long a write waits for another one."""

LARGEST_LOG = 64 << 20
"""Bytes of SQLite's write-ahead log from which on it is emptied after a write, and cut to its beginning."""

PG_SCHEMA = "event_store"

_SQLITE_SETTINGS = (
    f"PRAGMA busy_timeout = {BUSY_S * 1000}",
    "PRAGMA synchronous = FULL",
    f"PRAGMA journal_size_limit = {LARGEST_LOG}",
    "PRAGMA secure_delete = FAST",
)
_POSTGRES_SETTINGS = (
    "SET synchronous_commit TO on",
    f"SET search_path TO {PG_SCHEMA}",
    f"SET lock_timeout TO '{BUSY_S}s'",
    "SET idle_in_transaction_session_timeout TO '15s'",
    "SET tcp_keepalives_idle TO 2",
    "SET tcp_keepalives_interval TO 1",
    "SET tcp_keepalives_count TO 2",
)
"""A client that is gone, or hangs, loses its locks within seconds."""

_POSTGRES_CLIENT = {
    "connect_timeout": 5,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 4_000,
    "client_encoding": "utf8",
}


class Database:
    """Connections to one database. Its transactions raise `StoreError` and nothing of a driver's."""

    def __init__(self, address: str, makes_file: bool = True, turn_s: float = BUSY_S) -> None:
        """`makes_file`: whether a file of SQLite is made if there is none; else raises `NoStore`.

        `turn_s`: how long a writer waits while no other of this process gets anything written.
        """
        url = _parse(address)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.file = Path(url.database or "") if self.is_sqlite else None
        self.name = f"The store {self.file}" if self.file else f"The store on {url.host or 'the local PostgreSQL'}"
        self._writer = threading.Lock() if self.is_sqlite else None
        self._turn_s, self._written = turn_s, 0
        if self.file and makes_file:
            _make_file(self.file)
        elif self.file and not self.file.exists():
            raise NoStore(f"There is no store {self.file}.")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on disk when the context ends, or leaves nothing if it ends by an error."""
        with self._turn():
            with explained(self.name), self.engine.begin() as connection:
                yield connection
            self._written += 1
            self._keep_log_small()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that writes nothing, and keeps nobody from writing."""
        with explained(self.name), self.engine.connect() as connection:
            yield connection.execution_options(only_reads=True)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Lets this process's writers into SQLite one by one: its own waiting looks again after up to 100 ms only.

        On a busy machine a turn may come late, so a writer gives up only if nothing was written while it waited.
        """
        written = self._written
        while self._writer and not self._writer.acquire(timeout=self._turn_s):
            if self._written == written:
                raise StoreUnavailable(f"{self.name} is locked by this process; nothing of this was stored.")
            written = self._written
        try:
            yield
        finally:
            if self._writer:
                self._writer.release()

    def _keep_log_small(self) -> None:
        if self.file and _size(self.file.with_name(f"{self.file.name}-wal")) > LARGEST_LOG:
            with suppress(StoreError):  # the rows are on disk already, and must not be reported as lost
                self.empty_log()

    def empty_log(self) -> None:
        """Moves all of SQLite's log into the file, unless somebody reads just now: then the next write tries again."""
        if not self.file:
            return
        with explained(self.name), self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA busy_timeout = 0")
            try:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.OperationalError:
                pass  # locked: a later write tries again
            finally:
                driver.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000}")


def _parse(address: str) -> URL:
    try:
        url = make_url(address.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        raise wrong_address() from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    if url.drivername in {"postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    raise wrong_address()


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own
        for setting in _SQLITE_SETTINGS:
            connection.execute(setting).fetchall()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("only_reads")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED", connect_args=_POSTGRES_CLIENT)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        connection.execute("; ".join(_POSTGRES_SETTINGS))
        connection.commit()

    @event.listens_for(engine, "checkout")
    def _discard_if_ended(connection: Any, *_: object) -> None:
        """A server says nothing to a client that asks nothing, unless it ends: so no round trip is needed to know."""
        if connection.closed or _has_word(connection.fileno()):
            raise DisconnectionError("The server has ended this connection.")

    return engine


def _has_word(descriptor: int) -> bool:
    """Whether there is something to read. Not `select.select`: it knows no descriptor above 1,023, and each client of a
    collector has one.
    """
    looking = select.poll()
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(0))


def _make_file(file: Path) -> None:
    """Makes the file for its owner only, for it holds addresses; SQLite gives its log the same mode."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        sentence = f"The store {file} cannot be opened: {error.strerror}."
        raise (StoreFull if error.errno == 28 else StoreError)(sentence) from None


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
