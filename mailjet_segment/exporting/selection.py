"""Which tables are exported, with their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from mailjet_segment.analytics.source_tables import SOURCE, STREAMS
from segment_events.kinds import TRACKS


@dataclass(frozen=True)
class Column:
    """`kind`: as what it is written, whatever its exact type."""

    name: str
    kind: str

    @property
    def quoted(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'

    @property
    def is_text(self) -> bool:
        return self.kind == "VARCHAR"

    @property
    def is_instant(self) -> bool:
        return self.kind.startswith("TIMESTAMP")

    @property
    def is_plain(self) -> bool:
        """A number or a truth value; what is none of all these is written as a text."""
        return self.kind in {"BOOLEAN", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "DOUBLE", "FLOAT"}


@dataclass(frozen=True)
class Table:
    """A table or view of the connection; `name` is also that of its file or sheet."""

    schema: str
    name: str
    columns: Sequence[Column]

    @property
    def quoted(self) -> str:
        return f'"{self.schema}"."{self.name}"'


def select_tables(connection: duckdb.DuckDBPyConnection, with_sources: bool) -> list[Table]:
    """The models' tables in the order in which they were made; then the tables of events, if they are wanted."""
    found = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY table_oid"
    ).fetchall()
    if with_sources:
        found += [(SOURCE, stream) for stream in (*STREAMS, TRACKS)]
    return [Table(schema, name, _columns(connection, schema, name)) for schema, name in found]


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> list[Column]:
    found = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? "
        "ORDER BY column_index",
        [schema, name],
    )
    return [Column(*pair) for pair in found.fetchall()]
