"""Rows by position, for whoever reads an account's events in order."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from event_store.clock import from_ms
from event_store.cursor import parse_position, write_position
from event_store.errors import BadPosition, GonePosition
from event_store.ledger import kind_of
from event_store.schema import ACCOUNT, EVENT
from event_store.values import Page, StoredRow
from segment_events.kinds import KIND_BY_STREAM

LOOKED_AT = 50_000
"""Positions that one page looks at, whatever it finds: a rare stream's page ends even if it holds no row."""


def read(
    connection: Connection, store_id: str, account_no: int, after: str | None, limit: int, stream: str | None
) -> Page:
    """The rows after a position; raises `BadPosition`, `GonePosition`, and `KeyError` for a stream that does not exist.

    The end is fixed before the rows are read, and what retention has deleted is asked for after them: so a row that
    another process adds or deletes meanwhile is not missed in silence.
    """
    begin = parse_position(store_id, account_no, after)
    account = _account(connection, account_no)
    if begin > account.last_position:
        raise BadPosition("This position is beyond the last event of the account.")
    begin = max(begin, account.gone_through) if after is None else begin
    end = min(account.last_position, begin + LOOKED_AT)
    found = _rows(connection, account_no, begin, end, limit + 1, stream)
    if _account(connection, account_no).gone_through > begin:
        raise GonePosition("Events after this position were deleted, because they were kept long enough: begin again.")
    is_full = len(found) > limit
    rows = [
        StoredRow(
            write_position(store_id, account_no, position), kind_of(kind).stream, json.loads(row), from_ms(received_at)
        )
        for position, kind, row, received_at in map(tuple, found[:limit])
    ]
    last = found[limit - 1].position if is_full else end
    return Page(rows, write_position(store_id, account_no, last), is_full or end < account.last_position)


def _account(connection: Connection, account_no: int) -> Row[Any]:
    return connection.execute(select(ACCOUNT).where(ACCOUNT.c.account_no == account_no)).one()


def _rows(
    connection: Connection, account_no: int, begin: int, end: int, limit: int, stream: str | None
) -> list[Row[Any]]:
    within = EVENT.c.account_no == account_no, EVENT.c.position > begin, EVENT.c.position <= end
    columns = EVENT.c.position, EVENT.c.kind, EVENT.c.row_json, EVENT.c.received_at
    query = select(*columns).where(*within, EVENT.c.row_json.is_not(None))
    if stream is not None:
        query = query.where(EVENT.c.kind == KIND_BY_STREAM[stream].name)
    return list(connection.execute(query.order_by(EVENT.c.position).limit(limit)))
