"""Rows by position, for readers of an account's events in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from event_store.by_hand import run_by_hand
from event_store.cursor import parse_position, write_position
from event_store.errors import BadPosition, GonePosition
from event_store.ledger import kind_of
from event_store.values import Batch, Page, StoredRow
from segment_events.kinds import KIND_BY_STREAM

LOOKED_AT = 50_000
"""Positions that one page looks at. The page of a rare stream ends there, even if it holds no row."""

_ACCOUNT = "SELECT last_position, gone_through FROM account WHERE account_no = ?"
_ROWS = """
SELECT position, kind, row_json, received_at FROM event
WHERE account_no = ? AND position > ? AND position <= ? AND row_json IS NOT NULL {of_kind} ORDER BY position LIMIT ?
"""
_ALL_ROWS, _ROWS_OF_KIND = _ROWS.format(of_kind=""), _ROWS.format(of_kind="AND kind = ?")


class _Found(NamedTuple):
    """Rows of the table, the last position looked at, and whether there is more after it."""

    rows: Sequence[Row[Any]]
    after: str
    more: bool


def read(
    connection: Connection, store_id: str, account_no: int, after: str | None, limit: int, stream: str | None
) -> Page:
    """Rows after a position; raises `BadPosition`, `GonePosition`, and `KeyError` for a stream that does not exist."""
    found = _look(connection, store_id, account_no, after, limit, stream)
    return Page(list(map(StoredRow._make, found.rows)), found.after, found.more)


def read_texts(connection: Connection, store_id: str, account_no: int, after: str | None, limit: int) -> Batch:
    """As `read`, of all streams, but the rows stay the JSON texts that are stored: parsing is most of a read's time."""
    found = _look(connection, store_id, account_no, after, limit, None)
    by_kind: dict[str, list[str]] = defaultdict(list)
    for _, kind, row, _ in map(tuple, found.rows):
        by_kind[kind].append(row)
    return Batch({kind_of(kind).stream: texts for kind, texts in by_kind.items()}, found.after, found.more)


def _look(
    connection: Connection, store_id: str, account_no: int, after: str | None, limit: int, stream: str | None
) -> _Found:
    """At most `limit` rows after a position.

    The end is fixed before the rows are read, and the end of the deleted events is read after them: so a row that
    another process adds or deletes meanwhile is not missed in silence.
    """
    begin = parse_position(store_id, account_no, after)
    last_position, gone_through = _account(connection, account_no)
    if begin > last_position:
        raise BadPosition("This position is beyond the last event of the account.")
    begin = max(begin, gone_through) if after is None else begin
    end = min(last_position, begin + LOOKED_AT)
    found = _rows(connection, account_no, begin, end, limit + 1, stream)
    _, gone_through = _account(connection, account_no)
    if gone_through > begin:
        raise GonePosition("Events after this position were deleted, because they were kept long enough: begin again.")
    is_full = len(found) > limit
    last = found[limit - 1].position if is_full else end
    return _Found(found[:limit], write_position(store_id, account_no, last), is_full or end < last_position)


def _account(connection: Connection, account_no: int) -> tuple[int, int]:
    """The last position given, and the position of the last event that retention deleted."""
    last_position, gone_through = tuple(run_by_hand(connection, _ACCOUNT, account_no).one())
    return last_position, gone_through


def _rows(
    connection: Connection, account_no: int, begin: int, end: int, limit: int, stream: str | None
) -> Sequence[Row[Any]]:
    within = account_no, begin, end
    if stream is None:
        return run_by_hand(connection, _ALL_ROWS, *within, limit).all()
    return run_by_hand(connection, _ROWS_OF_KIND, *within, KIND_BY_STREAM[stream].name, limit).all()
