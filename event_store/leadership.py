"""Each account has one leader, which gives positions, forwards, and reads by REST.

The leader holds a lock, which is gone when it dies: an advisory lock on a connection of its own in PostgreSQL, a
locked file beside the database for SQLite. The lock alone is not enough, for a holder may hang and wake up after
another took over; so each leader has an epoch, and a write names the one that it relies on (`check_epoch`).
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from sqlalchemy import Connection, TextClause, text, update
from sqlalchemy.exc import DBAPIError

from event_store.by_hand import run_by_hand
from event_store.database import Database
from event_store.errors import NotLeader, StoreError, StoreInUse, explained
from event_store.schema import ACCOUNT

_KEEP_EPOCH = "UPDATE account SET epoch = epoch WHERE account_no = ? AND epoch = ?"


@dataclass
class Leadership:
    """The right to lead an account. `epoch` goes with each write that only the leader may make."""

    account: str
    epoch: int
    _is_held: Callable[[], bool] = field(repr=False)
    _release: Callable[[], None] = field(repr=False)

    def is_held(self) -> bool:
        """Whether the lock is still ours; asks the database."""
        return self._is_held()

    def release(self) -> None:
        """Lets another one lead, at once."""
        self._release()


def next_epoch(connection: Connection, account_no: int) -> int:
    """The epoch of a new leader: from now on the former one's writes are refused."""
    ours = ACCOUNT.c.account_no == account_no
    counted = update(ACCOUNT).where(ours).values(epoch=ACCOUNT.c.epoch + 1).returning(ACCOUNT.c.epoch)
    return int(connection.execute(counted).scalar_one())


def check_epoch(connection: Connection, account_no: int, epoch: int) -> None:
    """Keeps other leaders from taking over until the commit; raises `NotLeader` if one has."""
    if not run_by_hand(connection, _KEEP_EPOCH, account_no, epoch).rowcount:
        raise NotLeader("Another collector leads this account now; nothing of this was stored.")


def lock_number(name: str) -> int:
    """The number of a lock that has a name: below zero, where no account's is."""
    return ~(crc32(name.encode()) >> 1)


class FileLocks:
    """Locks as files beside a database; the system lets go of them when the process ends."""

    def __init__(self, database_file: Path) -> None:
        self._file = database_file

    def try_lock(self, name: str) -> int | None:
        """An open, locked file, or None if another one holds it."""
        descriptor = self._open(name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def lock(self, name: str) -> int:
        """As `try_lock`, but waits."""
        descriptor = self._open(name)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def claim(self, name: str) -> int:
        """As `try_lock`; raises `StoreInUse`."""
        descriptor = self.try_lock(name)
        if descriptor is None:
            raise StoreInUse(f"Another collector runs on {self._file}. Stop it, or use a store in PostgreSQL.")
        return descriptor

    def _open(self, name: str) -> int:
        file = self._file.with_name(f"{self._file.name}.{name}.lock")
        try:
            return os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise StoreError(f"The lock {file} cannot be opened: {error.strerror}.") from None


class AdvisoryLocks:
    """Locks of PostgreSQL on one connection that is used for nothing else."""

    def __init__(self, database: Database, store_id: str) -> None:
        self._database, self._class = database, crc32(store_id.encode()) - (1 << 31)
        self._connection: Connection | None = None
        self._held: set[int] = set()
        self._mutex = threading.Lock()

    def try_lock(self, number: int) -> Connection | None:
        """The connection that holds the lock from now on, or None if it is held already."""
        with self._mutex, explained(self._database.name):
            connection = self._live_connection()
            if number in self._held or not connection.scalar(self._call("pg_try_advisory_lock", number)):
                return None
            self._held.add(number)
            return connection

    def is_held(self, connection: Connection, number: int) -> bool:
        """Whether a lock was not given back, and its connection still lives."""
        with self._mutex:
            return connection is self._connection and number in self._held and self._lives(connection)

    def unlock(self, connection: Connection, number: int) -> None:
        with self._mutex:
            if self._lives(connection):
                connection.execute(self._call("pg_advisory_unlock", number))
            if connection is self._connection:
                self._held.discard(number)

    def close(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _live_connection(self) -> Connection:
        if self._connection is None or not self._lives(self._connection):
            self._connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.detach()
            self._held = set()
        return self._connection

    @staticmethod
    def _lives(connection: Connection) -> bool:
        try:
            return not connection.closed and not connection.invalidated and connection.scalar(text("SELECT 1")) == 1
        except DBAPIError:
            connection.close()
            return False

    def _call(self, function: str, number: int) -> TextClause:
        return text(f"SELECT {function}({self._class}, {number})")
