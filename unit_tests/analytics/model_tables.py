"""Rows as the source emits them, in a DuckDB in memory, and the queries of the models that come with the command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import orjson

from lab.compile_models import COMPILED, CONVERSIONS
from mailjet_sandbox.orders import Order
from mailjet_segment.loads.tables import empty_table, to_tables
from segment_events.kinds import ALL_KINDS

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by stream."""


def load(rows: Rows) -> duckdb.DuckDBPyConnection:
    """A database in memory with a table for each stream."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA source")
    found = to_tables({stream: [orjson.dumps(row).decode() for row in each] for stream, each in rows.items()})
    for kind in ALL_KINDS:
        connection.register("rows_to_load", found.get(kind.stream) or empty_table(kind.stream))
        connection.execute(f"CREATE TABLE source.{kind.stream} AS SELECT * FROM rows_to_load")
        connection.unregister("rows_to_load")
    return connection


def load_orders(connection: duckdb.DuckDBPyConnection, orders: Iterable[Order]) -> None:
    """Orders as conversions."""
    rows = [(order.id, order.user_id, order.at, "order_completed", order.revenue) for order in orders]
    connection.execute(f"CREATE TABLE source.conversions ({CONVERSIONS})")
    if rows:
        connection.executemany("INSERT INTO source.conversions VALUES (?, ?, ?, ?, ?)", rows)


def compiled(model: str) -> str:
    """The query of a model."""
    (path,) = COMPILED.glob(f"*_{model}.sql")
    return path.read_text("utf-8")
