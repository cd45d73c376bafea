"""The accounts of a store, and the notes that a collector keeps of each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, text

from event_store.clock import from_ms, to_ms
from event_store.errors import OtherKey, StoreError
from event_store.schema import ACCOUNT, NOTE
from event_store.values import Account

_NAME = re.compile("[a-z0-9-]{1,40}")

_ADD = text(
    "INSERT INTO account (name, key_digest, first_started_at, last_position, gone_through, epoch) "
    "VALUES (:name, :key_digest, :now, 0, 0, 0) ON CONFLICT (name) DO NOTHING"
)
_SET_NOTE = text(
    "INSERT INTO note (account_no, name, value) VALUES (:account_no, :name, :value) "
    "ON CONFLICT (account_no, name) DO UPDATE SET value = excluded.value"
)


def open_account(connection: Connection, name: str, key_digest: str, now: datetime) -> tuple[int, Account]:
    """The number and the facts of an account, which is added if it is new; raises `OtherKey`."""
    if not _NAME.fullmatch(name):
        raise StoreError("The name of an account must be 1 to 40 of a-z, 0-9 and -.")
    connection.execute(_ADD, {"name": name, "key_digest": key_digest, "now": to_ms(now)})
    row = find_account(connection, name)
    assert row is not None
    if row.key_digest != key_digest:
        raise OtherKey(
            f"The account {name} of this store was read with another API key. "
            f"Give the account another name, or use another store."
        )
    return row.account_no, Account(name, from_ms(row.first_started_at))


def find_account(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(ACCOUNT).where(ACCOUNT.c.name == name)).one_or_none()


def account_names(connection: Connection) -> Mapping[str, int]:
    """The number of each account, by name."""
    return {row.name: row.account_no for row in connection.execute(select(ACCOUNT.c.name, ACCOUNT.c.account_no))}


def get_note(connection: Connection, account_no: int, name: str) -> Any:
    """The note of a name, or None."""
    where = NOTE.c.account_no == account_no, NOTE.c.name == name
    value = connection.scalar(select(NOTE.c.value).where(*where))
    return None if value is None else json.loads(value)


def set_note(connection: Connection, account_no: int, name: str, value: Any) -> None:
    """Notes a JSON value under a name; None takes the note away."""
    if value is None:
        connection.execute(delete(NOTE).where(NOTE.c.account_no == account_no, NOTE.c.name == name))
        return
    connection.execute(_SET_NOTE, {"account_no": account_no, "name": name, "value": json.dumps(value)})
