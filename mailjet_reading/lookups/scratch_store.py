"""The scratch store keeps data that would take too much memory: messages and their histories, user ids, addresses,
and the ids that were emitted already.

SQLite's unnamed database lives in memory up to its cache, and beyond that in a file that is unlinked as it is opened,
so that no file stays behind (SQLite documentation, "Temporary Databases").
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import msgspec
import orjson

from mailjet_reading import limits
from mailjet_reading.lookups.temporary_folder import explain
from mailjet_rest.rows import Message
from program.failure import MachineError

_SCHEMA = """
CREATE TABLE messages (id TEXT PRIMARY KEY, packed BLOB) WITHOUT ROWID;
CREATE TABLE user_ids (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE addresses (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE histories (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE emitted (reading INTEGER, id TEXT, PRIMARY KEY (reading, id)) WITHOUT ROWID;
"""
_CLAIMED = """
SELECT value FROM json_each(?2) WHERE EXISTS (SELECT 1 FROM emitted WHERE reading = ?1 AND id = value)
"""
_CLAIM = "INSERT OR IGNORE INTO emitted SELECT ?1, value FROM json_each(?2)"
_ID_OF = attrgetter("email_id")
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Message).decode
"""A message in one column: that takes half as long as a column for each field."""


class Store:
    """One sync's temporary database; may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: MachineError | None = None
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.execute(f"PRAGMA cache_size=-{limits.CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.executescript(_SCHEMA)
        self.user_ids, self.addresses = (
            Texts(self, table, limits.TEXTS_AT_HAND) for table in ("user_ids", "addresses")
        )
        self.histories = Texts(self, "histories")

    def close(self) -> None:
        """Gives the space back."""
        with self._lock:
            self._db.close()

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Remembers messages; a later look at one replaces an earlier one."""
        with self._lock, self._explained(), self._transaction():
            listed = [*messages]
            packed = zip(map(_ID_OF, listed), map(_pack, listed), strict=True)
            self._db.executemany("INSERT OR REPLACE INTO messages VALUES (?, ?)", packed)

    def messages(self, ids: Sequence[str]) -> dict[str, Message]:
        """Those of the messages that are known, by id."""
        return {row[0]: _unpack(row[1]) for row in self._select("SELECT * FROM messages WHERE id IN", ids)}

    def add_texts(self, table: str, texts: Mapping[str, str | None]) -> None:
        """Remembers a text for each id, or the knowledge that there is none."""
        with self._lock, self._explained(), self._transaction():
            self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", texts.items())

    def texts(self, table: str, ids: Sequence[str]) -> dict[str, str | None]:
        """The texts that are known, by id."""
        return dict(self._select(f"SELECT id, text FROM {table} WHERE id IN", ids))

    def claim(self, reading: int, ids: Sequence[str]) -> set[str]:
        """Those of the ids that this reading has not claimed before; from now on it has."""
        claim = reading, orjson.dumps(ids).decode()
        with self._lock, self._explained(), self._transaction():
            claimed = {row[0] for row in self._db.execute(_CLAIMED, claim)}
            self._db.execute(_CLAIM, claim)
        return set(ids) - claimed

    def _select(self, query: str, ids: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        with self._lock, self._explained():
            for first in range(0, len(ids), limits.IDS_A_QUERY):
                batch = ids[first : first + limits.IDS_A_QUERY]
                found += self._db.execute(f"{query} ({_marks(len(batch))})", batch).fetchall()
        return found

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raises `MachineError` if there is no room, and the same error ever after: the database is broken then."""
        if self._failure:
            raise self._failure
        try:
            yield
        except sqlite3.Error as error:
            self._failure = explain(error)
            raise self._failure from None

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class Texts:
    """One of the store's tables of texts, as a memory: an account may have millions of contacts. At most `most_at_hand`
    that were recalled stay in memory, because mail goes to the same contacts again and again.
    """

    def __init__(self, store: Store, table: str, most_at_hand: int = 0) -> None:
        self._store, self._table, self._most_at_hand = store, table, most_at_hand
        self._at_hand: dict[str, str | None] = {}

    def recall(self, ids: Collection[str]) -> dict[str, str | None]:
        """The texts that are known, by id."""
        at_hand = self._at_hand
        known = {key: at_hand[key] for key in ids if key in at_hand}
        if len(known) < len(ids):
            stored = self._store.texts(self._table, [key for key in ids if key not in known])
            known |= stored
            self._at_hand = stored if len(at_hand) + len(stored) > self._most_at_hand else at_hand | stored
        return known

    def remember(self, found: Mapping[str, str | None]) -> None:
        """Adds texts, or the knowledge that there is none."""
        self._store.add_texts(self._table, found)
        self._at_hand = {}


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
