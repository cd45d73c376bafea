"""The compiled models over tables that hold what happened, as a complete load of the tables would."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa

from lab.compile_models import COMPILED, CONVERSIONS
from mailjet_sandbox.happened import Happened
from segment_events.kinds import ALL_KINDS, columns_of

TYPES = {"text": "varchar", "boolean": "boolean", "integer": "bigint", "instant": "timestamp with time zone"}


def row_of(event: Happened) -> dict[str, Any]:
    """The columns of an event's row that the models read."""
    agent = event.agent if event.kind in ("opened", "clicked", "unsubscribed") else None
    row = {
        "id": event.id,
        "user_id": event.user_id,
        "anonymous_id": None if event.user_id else event.address or f"mailjet-contact-{event.contact_id}",
        "timestamp": event.at,
        "received_at": event.at + timedelta(hours=1),
        "context_traits_email": event.address,
        "context_user_agent": agent.full if agent and event.kind == "opened" else None,
        "email_id": event.email_id,
        "email_subject": event.subject,
        "campaign_id": event.campaign_id,
        "campaign_name": event.campaign_name,
        "contact_id": event.contact_id,
        "agent_browser": agent.browser if agent else None,
        "agent_platform": agent.platform if agent else None,
        "is_bot": agent.is_bot if agent else None,
        "is_mobile": agent.is_mobile if agent else None,
        "link_url": event.link_url,
        "link_id": hashlib.sha256(event.link_url.encode()).hexdigest()[:16] if event.link_url is not None else None,
        "click_delay_s": event.click_delay_s,
        "bounce_type": event.bounce_type,
        "is_blocked": event.is_blocked,
        "error": event.error,
        "error_related_to": event.error_related_to,
        "list_id": event.list_id,
    }
    columns = columns_of(event.stream)
    return {name: value for name, value in row.items() if name in columns and value is not None}


@contextmanager
def answers(events: Iterable[Happened]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the models as tables."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        rows: dict[str, list[dict[str, Any]]] = {kind.stream: [] for kind in ALL_KINDS}
        for event in events:
            rows[event.stream].append(row_of(event))
        for stream, found in rows.items():
            _make_table(connection, stream, found)
        make_models(connection)
        yield connection


def make_models(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the models of the tables in the schema `source`; without a table of conversions, there are none."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS source.conversions ({CONVERSIONS})")
    for path in sorted(COMPILED.glob("*.sql"), key=lambda path: int(path.name.partition("_")[0])):
        connection.execute(f"CREATE TABLE {path.stem.partition('_')[2]} AS {path.read_text('utf-8')}")


def make_empty_table(connection: duckdb.DuckDBPyConnection, stream: str) -> None:
    """Makes an empty table of a stream in the schema `source`."""
    declared = ", ".join(f'"{name}" {TYPES[type_]}' for name, type_ in columns_of(stream).items())
    connection.execute(f"CREATE TABLE source.{stream} ({declared})")


def to_table(stream: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows of a stream with all its columns."""
    types = {"text": pa.string(), "boolean": pa.bool_(), "integer": pa.int64(), "instant": pa.timestamp("us", "UTC")}
    schema = pa.schema([(name, types[type_]) for name, type_ in columns_of(stream).items()])
    return pa.Table.from_pylist(list(rows), schema)


def _make_table(connection: duckdb.DuckDBPyConnection, stream: str, rows: list[dict[str, Any]]) -> None:
    make_empty_table(connection, stream)
    connection.register("rows_of_stream", to_table(stream, rows))
    connection.execute(f"INSERT INTO source.{stream} SELECT * FROM rows_of_stream")
    connection.unregister("rows_of_stream")
