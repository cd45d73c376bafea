"""Views with the names and columns of Segment's warehouse tables, for queries to the store itself.

PostgreSQL: `mailjet_<account>.<stream>`. SQLite: `mailjet_<account>_<stream>`. `_` stands for `-`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from event_store.accounts import get_note, set_note
from event_store.database import PG_SCHEMA
from event_store.schema import STORE
from segment_events.kinds import ALL_KINDS, KINDS, TRACKS, ColumnType, columns_of

_NOTE = "views"
_POSTGRES_TYPE: Mapping[ColumnType, str] = {
    "text": "text",
    "boolean": "boolean",
    "integer": "bigint",
    "instant": "timestamptz",
}


def make_views(connection: Connection, account_no: int, account: str) -> None:
    """Makes an account's views, unless they are there already as they should be."""
    make = _in_sqlite if connection.dialect.name == "sqlite" else _in_postgres
    statements = list(make(account_no, account.replace("-", "_")))
    if get_note(connection, account_no, _NOTE) == statements:
        return
    connection.execute(select(STORE).with_for_update())
    for statement in statements:
        connection.exec_driver_sql(statement)
    set_note(connection, account_no, _NOTE, statements)


def _in_sqlite(account_no: int, account: str) -> Iterator[str]:
    for stream, kinds in _kinds_by_stream().items():
        columns = ", ".join(f"json_extract(row_json, '$.{name}') AS \"{name}\"" for name in columns_of(stream))
        view = f'"mailjet_{account}_{stream}"'
        yield f"DROP VIEW IF EXISTS {view}"
        yield f"CREATE VIEW {view} AS SELECT {columns} FROM event WHERE {_where(account_no, kinds)}"


def _in_postgres(account_no: int, account: str) -> Iterator[str]:
    schema = f'"mailjet_{account}"'
    yield f"CREATE SCHEMA IF NOT EXISTS {schema}"
    for stream, kinds in _kinds_by_stream().items():
        columns = columns_of(stream).items()
        record = ", ".join(f'"{name}" {_POSTGRES_TYPE[column]}' for name, column in columns)
        yield (
            f'CREATE OR REPLACE VIEW {schema}."{stream}" AS SELECT it.* '
            f"FROM {PG_SCHEMA}.event, json_to_record(row_json::json) AS it({record}) WHERE {_where(account_no, kinds)}"
        )


def _kinds_by_stream() -> dict[str, tuple[str, ...]]:
    return {**{kind.stream: (kind.name,) for kind in ALL_KINDS}, TRACKS: tuple(kind.name for kind in KINDS)}


def _where(account_no: int, kinds: tuple[str, ...]) -> str:
    names = ", ".join(f"'{name}'" for name in kinds)
    return f"event.account_no = {account_no:d} AND row_json IS NOT NULL AND kind IN ({names})"
