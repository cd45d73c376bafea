"""The first schema: events, rejected items, relays, consumers, notes."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_store()
    _create_account()
    _create_event()
    _create_what_is_beside_events()
    _create_what_is_known_of_an_account()


def _number(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, NUMBER, nullable=False, **options)


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, **options)


def _account_no(**options: Any) -> sa.Column[int]:
    return sa.Column("account_no", NUMBER, sa.ForeignKey("account.account_no"), nullable=False, **options)


def _create_store() -> None:
    store = op.create_table(
        "store",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        _text("store_id"),
        _number("next_arrival"),
        _number("forgets"),
    )
    row = {"one": 1, "store_id": secrets.token_hex(8), "next_arrival": 1, "forgets": 0}
    op.bulk_insert(store, [row])


def _create_account() -> None:
    op.create_table(
        "account",
        _number("account_no", primary_key=True, autoincrement=True),
        _text("name", unique=True),
        _text("key_digest"),
        _number("first_started_at"),
        _number("last_position"),
        _number("gone_through"),
        _number("epoch"),
    )


def _create_event() -> None:
    op.create_table(
        "event",
        _number("event_no", primary_key=True, autoincrement=False),
        _account_no(),
        sa.Column("position", NUMBER),
        _number("wait_until"),
        *(_text(name) for name in ("email_id", "event_id", "kind", "link", "bounce")),
        _number("second"),
        sa.Column("way", sa.Integer, nullable=False),
        _number("received_at"),
        *(sa.Column(name, NUMBER) for name in ("other_no", "other_second", "other_received_at")),
        sa.Column("address", sa.Text),
        sa.Column("other_body", sa.LargeBinary),
        sa.Column("body", sa.LargeBinary),
        sa.Column("row_json", sa.Text),
    )
    op.create_index("event_by_email", "event", ["account_no", "email_id", "event_id"], unique=True)
    _create_partial_index("event_by_position", ["account_no", "position"], "position IS NOT NULL", unique=True)
    _create_partial_index(
        "event_waiting", ["account_no", "event_no", "wait_until"], "position IS NULL AND body IS NOT NULL"
    )


def _create_partial_index(name: str, columns: list[str], where: str, unique: bool = False) -> None:
    op.create_index(name, "event", columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _create_what_is_beside_events() -> None:
    op.create_table(
        "rejected",
        _number("rejected_no", primary_key=True, autoincrement=True),
        _account_no(),
        _text("digest"),
        _number("received_at"),
        _number("size"),
        _text("reason"),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index("rejected_once", "rejected", ["account_no", "digest"], unique=True)
    op.create_table(
        "relay",
        _number("relay_no", primary_key=True, autoincrement=True),
        _account_no(),
        _number("due_at"),
        _number("expires_at"),
        _text("target"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("relay_due", "relay", ["account_no", "due_at"])


def _create_what_is_known_of_an_account() -> None:
    op.create_table(
        "consumer",
        _account_no(primary_key=True),
        _text("name", primary_key=True),
        _number("position"),
        _number("passed_over"),
    )
    op.create_table("note", _account_no(primary_key=True), _text("name", primary_key=True), _text("value"))
    op.create_table("forgotten", _text("digest", primary_key=True), _number("at"))
    op.create_table(
        "last_seen", _account_no(primary_key=True), _text("kind", primary_key=True), _number("at"), _number("that_day")
    )
