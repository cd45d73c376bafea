"""The tables of a PostgreSQL, as `sync` and `load` fill it, or the views of a collector's store, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import duckdb

from mailjet_segment.analytics.conversions import AS_FOUND, COLUMNS
from mailjet_segment.analytics.place import Place
from mailjet_segment.analytics.source_tables import STREAMS, add_rows, columns_by_stream, quoted
from mailjet_segment.postgresql import explained_reading, with_settings
from mailjet_segment.warehouse import Waiting
from segment_events.kinds import columns_of


def copy_postgresql(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> None:
    """Copies what is there; raises `Failure` if the server cannot be read."""
    with _server(place) as server, closing(server.cursor()) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for schema in _schemas(cursor):
            cursor.execute(
                "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = $1",
                (schema,),
            )
            for stream, columns in columns_by_stream(cursor.fetchall()).items():
                names = ", ".join(f'"{name}"' for name in columns_of(stream) if name in columns)
                cursor.execute(f'SELECT {names} FROM "{schema}"."{stream}"')
                add_rows(connection, stream, columns, cursor.fetch_record_batch())
        if place.conversions:
            _copy_conversions(connection, cursor, place.conversions)


@contextmanager
def _server(place: Place) -> Iterator[Any]:
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    address = with_settings(place.address)
    with explained_reading(place.name, Error), closing(dbapi.connect(address)) as server:
        yield server


def _schemas(cursor: Any) -> list[str]:
    """`mailjet`, which `sync` and `load` fill; where there is none, the schemas of a collector's accounts."""
    listed = ", ".join(f"'{stream}'" for stream in STREAMS)
    cursor.execute(
        "SELECT DISTINCT table_schema::text FROM information_schema.tables "
        f"WHERE table_name IN ({listed}) AND (table_schema = 'mailjet' OR table_schema LIKE 'mailjet\\_%') "
        "ORDER BY 1"
    )
    schemas = [schema for (schema,) in cursor.fetchall()]
    return ["mailjet"] if "mailjet" in schemas else schemas


def _copy_conversions(connection: duckdb.DuckDBPyConnection, cursor: Any, name: str) -> None:
    schema, _, table = name.rpartition(".")
    cursor.execute(
        "SELECT table_schema::text, table_name::text FROM information_schema.tables "
        "WHERE table_name = $1 AND table_schema = $2",
        (table, schema or "public"),
    )
    for names in cursor.fetchall():
        cursor.execute(f"SELECT {_conversion_columns(cursor, *names)} FROM {'.'.join(map(quoted, names))}")
        connection.register("conversions_to_add", cursor.fetch_record_batch())
        connection.execute(f"CREATE TABLE source.{AS_FOUND} AS SELECT * FROM conversions_to_add")
        connection.unregister("conversions_to_add")


def _conversion_columns(cursor: Any, schema: str, table: str) -> str:
    """The columns of a table of conversions that are needed. The driver would bring `money` as its smallest unit."""
    cursor.execute(
        "SELECT column_name::text, data_type::text FROM information_schema.columns "
        "WHERE table_schema = $1 AND table_name = $2",
        (schema, table),
    )
    needed = [(name, kind) for name, kind in cursor.fetchall() if name.lower() in COLUMNS]
    parts = (f"{quoted(name)}{'::numeric' if kind == 'money' else ''} AS {quoted(name)}" for name, kind in needed)
    return ", ".join(parts) or "1 AS nothing"
