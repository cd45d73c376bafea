"""From events as they came to rows with positions.

Positions are given by an account's leader, under the lock of the account's row, which is held until the commit. So they
become visible in their order: a reader that has seen one will never find a smaller one that was not there before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from event_store.bulk import insert_rows, update_rows
from event_store.by_hand import run_by_hand
from event_store.clock import from_ms, to_ms
from event_store.leadership import check_epoch
from event_store.ledger import WAYS
from event_store.receiving import normal_address, rejected_row
from event_store.schema import EVENT, REJECTED
from event_store.suppression import suppress_forgotten
from event_store.values import Waiting

_AT_ONCE = 500
_MAY_NAME_ADDRESS = ("context_traits_email", "anonymous_id", "user_id")
_IS_WAITING = "position IS NULL AND body IS NOT NULL"
_WAITS = EVENT.c.position.is_(None), EVENT.c.body.is_not(None)
_UNRESOLVED = f"""
SELECT event_no, event_id, second, way, received_at, body FROM event
WHERE account_no = ? AND event_no > ? AND wait_until <= ? AND {_IS_WAITING} ORDER BY event_no LIMIT ?
"""
_GIVE_POSITIONS = "UPDATE account SET last_position = last_position + ? WHERE account_no = ? RETURNING last_position"


def unresolved(connection: Connection, account_no: int, limit: int, now: datetime, after: int) -> list[Waiting]:
    """Events without a position in order of arrival, but for those that were postponed beyond `now`.

    Only those with a number greater than `after`.
    """
    found = run_by_hand(connection, _UNRESOLVED, account_no, after, to_ms(now), limit).all()
    return [
        Waiting(number, event_id, second, WAYS[way], from_ms(received_at), body)
        for number, event_id, second, way, received_at, body in map(tuple, found)
    ]


def postpone(connection: Connection, account_no: int, inbox_ids: Sequence[int], until: datetime) -> None:
    """Lets these events wait, and others pass them."""
    rows = [(inbox_id, to_ms(until)) for inbox_id in inbox_ids]
    update_rows(connection, EVENT, "event_no", ("wait_until",), rows, f"account_no = {account_no:d} AND {_IS_WAITING}")


def resolve(
    connection: Connection, store_id: str, account_no: int, epoch: int, rows: Sequence[tuple[int, Mapping[str, Any]]]
) -> int:
    """Gives each event its row and, in this order, its position. Events that have one, or were deleted, do not change.

    If the person was forgotten since an event came, it gets a position and no row. Raises `NotLeader`. Returns how many
    events have a position now that had none.
    """
    check_epoch(connection, account_no, epoch)
    first = give_positions(connection, account_no, len(rows))
    values = [
        (inbox_id, position, row_text(row), address_of(row), None)
        for position, (inbox_id, row) in enumerate(rows, first)
    ]
    columns = ("position", "row_json", "address", "body")
    waiting = f"account_no = {account_no:d} AND {_IS_WAITING}"
    resolved = update_rows(connection, EVENT, "event_no", columns, values, waiting)
    suppress_forgotten(connection, store_id, {number: address for number, _, _, address, _ in values if address})
    return resolved


def give_positions(connection: Connection, account_no: int, count: int) -> int:
    """Takes `count` positions and returns the first; nobody else gives any until the commit."""
    return int(run_by_hand(connection, _GIVE_POSITIONS, count, account_no).scalar_one()) - count + 1


def reject(
    connection: Connection, account_no: int, epoch: int, reasons: Sequence[tuple[int, str]], now: datetime
) -> None:
    """Moves events that turned out to be none among the rejected items; they can be taken again from there."""
    check_epoch(connection, account_no, epoch)
    reason_of = dict(reasons)
    ours = EVENT.c.account_no == account_no, EVENT.c.event_no.in_(list(reason_of)), *_WAITS
    found = connection.execute(select(EVENT.c.event_no, EVENT.c.body).where(*ours)).all()
    columns = ("account_no", "digest", "received_at", "size", "reason", "body")
    values = [rejected_row(account_no, to_ms(now), reason_of[number], bytes(body)) for number, body in found]
    insert_rows(connection, REJECTED, columns, values)
    connection.execute(delete(EVENT).where(*ours))


def events_of(
    connection: Connection, account_no: int, email_ids: Sequence[str]
) -> list[tuple[str, Mapping[str, Any] | bytes]]:
    """The row of each event of these messages, or its body while it has none, in order of arrival."""
    columns = EVENT.c.email_id, EVENT.c.body, EVENT.c.row_json
    found: list[tuple[str, Mapping[str, Any] | bytes]] = []
    for start in range(0, len(email_ids), _AT_ONCE):
        wanted = EVENT.c.account_no == account_no, EVENT.c.email_id.in_(list(email_ids[start : start + _AT_ONCE]))
        for email_id, body, row_json in connection.execute(select(*columns).where(*wanted).order_by(EVENT.c.event_no)):
            if row_json is not None:
                found.append((email_id, json.loads(row_json)))
            elif body is not None:
                found.append((email_id, bytes(body)))
    return found


def emails_with(connection: Connection, account_no: int, kind: str, email_ids: Sequence[str]) -> set[str]:
    """The messages that have an event of a kind, including events deleted since."""
    found: set[str] = set()
    for start in range(0, len(email_ids), _AT_ONCE):
        among = EVENT.c.email_id.in_(list(email_ids[start : start + _AT_ONCE])), EVENT.c.kind == kind
        found.update(connection.scalars(select(EVENT.c.email_id).where(EVENT.c.account_no == account_no, *among)))
    return found


def address_of(row: Mapping[str, Any]) -> str | None:
    """The address that a row is about. If the context has none, the id of the person may be an address."""
    for column in _MAY_NAME_ADDRESS:
        text = row.get(column)
        if isinstance(text, str) and "@" in text:
            return normal_address(text)
    return None


def row_text(row: Mapping[str, Any]) -> str:
    """A row as the store keeps it: JSON that either database takes."""
    try:
        text = orjson.dumps(row).decode()
    except orjson.JSONEncodeError:  # half of a surrogate pair, or a number of more than 64 bits
        return json.dumps(_whole(row), ensure_ascii=False)
    return json.dumps(_whole(row), ensure_ascii=False) if "\\u0000" in text else text


def _whole(value: Any) -> Any:
    """A JSON value with U+FFFD in place of NUL and halves of surrogate pairs, which PostgreSQL's texts cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, (list, tuple)) else value
