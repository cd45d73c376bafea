"""Many rows in one statement: one round trip to PostgreSQL (`unnest`), one prepared statement in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table

Row = tuple[Any, ...]
_POSTGRES_TYPES: Mapping[type, str] = {int: "bigint", str: "text", bytes: "bytea"}


def insert_rows(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> int:
    """Inserts the rows that are not there yet; returns their number."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(_sqlite_insert(table, columns), list(rows)).rowcount
    return connection.exec_driver_sql(_postgres_insert(table, columns), _by_column(rows)).rowcount


def update_rows(
    connection: Connection, table: Table, key: str, columns: tuple[str, ...], rows: Sequence[Row], where: str = "1 = 1"
) -> int:
    """Updates `columns`; each of `rows` is a key and the new values. `where`: SQL that must hold for the row too."""
    if not rows:
        return 0
    rows = sorted(rows, key=itemgetter(0))  # in one order, so that two writers do not wait for each other in a circle
    if connection.dialect.name == "sqlite":
        turned = [(*row[1:], row[0]) for row in rows]
        return connection.exec_driver_sql(_sqlite_update(table, key, columns, where), turned).rowcount
    return connection.exec_driver_sql(_postgres_update(table, key, columns, where), _by_column(rows)).rowcount


def _by_column(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*rows, strict=True)))


@lru_cache(maxsize=64)
def _sqlite_insert(table: Table, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"


@lru_cache(maxsize=64)
def _postgres_insert(table: Table, columns: tuple[str, ...]) -> str:
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"SELECT * FROM unnest({_arrays(table, columns)}) ON CONFLICT DO NOTHING"
    )


@lru_cache(maxsize=64)
def _sqlite_update(table: Table, key: str, columns: tuple[str, ...], where: str) -> str:
    return f"UPDATE {table.name} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {key} = ? AND {where}"


@lru_cache(maxsize=64)
def _postgres_update(table: Table, key: str, columns: tuple[str, ...], where: str) -> str:
    given = ", ".join(f"given_{name}" for name in (key, *columns))
    return (
        f"UPDATE {table.name} SET {', '.join(f'{name} = given_{name}' for name in columns)} "
        f"FROM unnest({_arrays(table, (key, *columns))}) AS given({given}) WHERE {key} = given_{key} AND {where}"
    )


def _arrays(table: Table, columns: tuple[str, ...]) -> str:
    return ", ".join(f"%b::{_POSTGRES_TYPES[table.columns[name].type.python_type]}[]" for name in columns)
