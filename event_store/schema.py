"""The tables, as queries name them. `migrations` makes them; a test compares the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

METADATA = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only if their key is called INTEGER; its integers have 64 bits too."""

STORE = Table(
    "store",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("store_id", Text, nullable=False),
    Column("next_arrival", NUMBER, nullable=False),
    Column("forgets", NUMBER, nullable=False),
)
"""One row: the store's random id, the number of the next sighting, and how often `forget` ran."""

ACCOUNT = Table(
    "account",
    METADATA,
    Column("account_no", NUMBER, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key_digest", Text, nullable=False),
    Column("first_started_at", NUMBER, nullable=False),
    Column("last_position", NUMBER, nullable=False),
    Column("gone_through", NUMBER, nullable=False),
    Column("epoch", NUMBER, nullable=False),
)
"""`last_position` is the last position given, `gone_through` that of the last event that retention deleted; `epoch`
numbers the account's leaders."""


def _where(condition: str) -> dict[str, Any]:
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


def _account_no(**options: Any) -> Column[int]:
    return Column("account_no", NUMBER, ForeignKey("account.account_no"), nullable=False, **options)


EVENT = Table(
    "event",
    METADATA,
    Column("event_no", NUMBER, primary_key=True, autoincrement=False),
    _account_no(),
    Column("position", NUMBER),
    Column("wait_until", NUMBER, nullable=False),
    Column("email_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("bounce", Text, nullable=False),
    Column("second", NUMBER, nullable=False),
    Column("way", Integer, nullable=False),
    Column("received_at", NUMBER, nullable=False),
    Column("other_no", NUMBER),
    Column("other_second", NUMBER),
    Column("other_received_at", NUMBER),
    Column("address", Text),
    Column("other_body", LargeBinary),
    Column("body", LargeBinary),
    Column("row_json", Text),
    Index("event_by_email", "account_no", "email_id", "event_id", unique=True),
    Index("event_by_position", "account_no", "position", unique=True, **_where("position IS NOT NULL")),
    Index("event_waiting", "account_no", "event_no", "wait_until", **_where("position IS NULL AND body IS NOT NULL")),
)
"""An event: `body` until it is resolved, `row_json` from then on, neither once it was deleted; its id stays.

`event_no` is the arrival of its first sighting. `other_*` is the other way's sighting, with its body if it had another
second, because it may become an event of its own. `link` tells clicks apart, `bounce` bounces."""

REJECTED = Table(
    "rejected",
    METADATA,
    Column("rejected_no", NUMBER, primary_key=True, autoincrement=True),
    _account_no(),
    Column("digest", Text, nullable=False),
    Column("received_at", NUMBER, nullable=False),
    Column("size", NUMBER, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary),
    Index("rejected_once", "account_no", "digest", unique=True),
)
"""Items that came and are no events; without a body once they were forgotten."""

RELAY = Table(
    "relay",
    METADATA,
    Column("relay_no", NUMBER, primary_key=True, autoincrement=True),
    _account_no(),
    Column("due_at", NUMBER, nullable=False),
    Column("expires_at", NUMBER, nullable=False),
    Column("target", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("relay_due", "account_no", "due_at"),
)

CONSUMER = Table(
    "consumer",
    METADATA,
    _account_no(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("position", NUMBER, nullable=False),
    Column("passed_over", NUMBER, nullable=False),
)

NOTE = Table(
    "note",
    METADATA,
    _account_no(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""A collector's notes of an account, as JSON by name: the state of its reading, the addresses of relays, ..."""

FORGOTTEN = Table(
    "forgotten",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("at", NUMBER, nullable=False),
)
"""The times when addresses were forgotten; only a digest of each address."""

LAST_SEEN = Table(
    "last_seen",
    METADATA,
    _account_no(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", NUMBER, nullable=False),
    Column("that_day", NUMBER, nullable=False),
)
"""The time of the last webhook of each kind, and how many events of the kind webhooks brought on that day (UTC)."""
