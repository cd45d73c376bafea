"""What a sync has learned, beyond what memory should hold: messages, user ids, and which ids were emitted already.

SQLite's unnamed database lives in memory up to its cache and beyond that in a file that is unlinked as it is opened, so
nothing of it is left behind (SQLite documentation, "Temporary Databases").
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from source_mailjet_segment.errors import MachineError
from source_mailjet_segment.rows import Message
from source_mailjet_segment.temporary_folder import explain

CACHE_KIB = 4_096
_AT_ONCE = 500

_SCHEMA = """
CREATE TABLE messages (
    id TEXT PRIMARY KEY, arrived_at, status, contact_id, campaign_id, address, custom_id, subject, uuid,
    is_open_tracked, is_click_tracked
) WITHOUT ROWID;
CREATE TABLE user_ids (contact_id TEXT PRIMARY KEY, user_id TEXT) WITHOUT ROWID;
CREATE TABLE emitted (reading INTEGER, id TEXT, PRIMARY KEY (reading, id)) WITHOUT ROWID;
"""


class Store:
    """One sync's temporary database; may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: MachineError | None = None
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Gives the space back."""
        with self._lock:
            self._db.close()

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Remembers messages; a later look at one replaces an earlier one."""
        with self._lock, self._explained(), self._transaction():
            self._db.executemany(f"INSERT OR REPLACE INTO messages VALUES ({_marks(11)})", messages)

    def messages(self, ids: Sequence[str]) -> dict[str, Message]:
        """Those of the messages that are known, by id."""
        rows = self._select("SELECT * FROM messages WHERE id IN", ids)
        return {row[0]: Message(*row[:9], *map(_flag, row[9:])) for row in rows}

    def add_user_ids(self, user_ids: Mapping[str, str | None]) -> None:
        """Remembers contacts with their user id, or with the knowledge that they have none."""
        with self._lock, self._explained(), self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO user_ids VALUES (?, ?)", user_ids.items())

    def user_ids(self, contact_ids: Sequence[str]) -> dict[str, str | None]:
        """Those of the contacts that are known, by id."""
        return dict(self._select("SELECT contact_id, user_id FROM user_ids WHERE contact_id IN", contact_ids))

    def claim(self, reading: int, ids: Sequence[str]) -> set[str]:
        """Those of the ids that this reading has not claimed before; from now on it has."""
        fresh: set[str] = set()
        with self._lock, self._explained(), self._transaction():
            for one in ids:
                if self._db.execute("INSERT OR IGNORE INTO emitted VALUES (?, ?)", (reading, one)).rowcount:
                    fresh.add(one)
        return fresh

    def _select(self, query: str, ids: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        with self._lock, self._explained():
            for first in range(0, len(ids), _AT_ONCE):
                some = ids[first : first + _AT_ONCE]
                found += self._db.execute(f"{query} ({_marks(len(some))})", some).fetchall()
        return found

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raises `MachineError` where there is no room, and the same one ever after: what is written then is broken."""
        if self._failure:
            raise self._failure
        try:
            yield
        except sqlite3.Error as error:
            self._failure = explain(error)
            raise self._failure from None

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """One transaction in autocommit mode: many rows cost one."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        if self._db.in_transaction:  # an error may have ended it
            self._db.execute("COMMIT")


def _marks(count: int) -> str:
    return ",".join("?" * count)


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)
