"""The orders of the sandbox as the table that Segment's warehouse would have of them, beside those of the emails."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from mailjet_sandbox.orders import Order

TABLE = "order_completed"
"""Named after the event, as Segment names a table."""


def write_orders(connection: duckdb.DuckDBPyConnection, orders: Sequence[Order]) -> None:
    """Writes the table anew."""
    connection.execute(
        f"CREATE OR REPLACE TABLE main.{TABLE} (id TEXT, event TEXT, event_text TEXT, user_id TEXT,"
        ' "timestamp" TIMESTAMPTZ, received_at TIMESTAMPTZ, revenue DOUBLE, currency TEXT)'
    )
    rows = [
        (order.id, TABLE, "Order Completed", order.user_id, order.at, order.received_at, order.revenue, "EUR")
        for order in orders
    ]
    if rows:
        connection.executemany(f"INSERT INTO main.{TABLE} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
