"""The tables `source.<stream>` while they are made: their columns, of which a place may lack some, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING

import duckdb

from mailjet_segment.loads.database import TYPES
from segment_events.kinds import ALL_KINDS, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE = "source"
"""The schema of the tables of events."""
STREAMS = tuple(kind.stream for kind in ALL_KINDS)


def columns_by_stream(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The columns of each stream that is there, of all tables and their columns."""
    columns: dict[str, set[str]] = {}
    for table, column in pairs:
        if table in STREAMS:
            columns.setdefault(table, set()).add(column)
    return columns


def selection(stream: str, there: Set[str]) -> str:
    """All columns of a stream's table, of their types; null where the place has no such column."""
    columns = columns_of(stream).items()
    return ", ".join(
        f'CAST("{name}" AS {TYPES[kind]}) AS "{name}"' if name in there else f'CAST(NULL AS {TYPES[kind]}) AS "{name}"'
        for name, kind in columns
    )


def add_rows(connection: duckdb.DuckDBPyConnection, stream: str, there: Set[str], rows: pa.Table) -> None:
    """Adds rows to a stream's table, which is made if need be. `rows`: a table or a reader of batches."""
    connection.register("rows_to_add", rows)
    query = f"SELECT {selection(stream, there)} FROM rows_to_add"
    exists = stream in made_tables(connection)
    connection.execute(
        f'INSERT INTO source."{stream}" {query}' if exists else f'CREATE TABLE source."{stream}" AS {query}'
    )
    connection.unregister("rows_to_add")


def add_empty_table(connection: duckdb.DuckDBPyConnection, stream: str) -> None:
    """Makes a stream's table, without rows."""
    columns = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind in columns_of(stream).items())
    connection.execute(f'CREATE TABLE source."{stream}" ({columns})')


def made_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of the schema that are made already."""
    found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'source'")
    return {name for (name,) in found.fetchall()}


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
