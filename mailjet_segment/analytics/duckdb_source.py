"""The tables of a DuckDB file, as `sync` fills it. The file is held only while they are copied."""

from __future__ import annotations

import duckdb

from mailjet_segment.analytics.conversions import AS_FOUND
from mailjet_segment.analytics.place import Place, existing_file
from mailjet_segment.analytics.source_tables import columns_by_stream, quoted, selection
from mailjet_segment.warehouse import Waiting, refuse_impossible, when_free
from program.failure import Failure

_SQLITE_HEAD = b"SQLite format 3\x00"


def copy_duckdb(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> None:
    """Copies what is there; raises `Failure` if this is no such file."""
    path = existing_file(place)
    with path.open("rb") as file:
        if file.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD:
            raise Failure(f"{path} is a file of SQLite: give it as --database sqlite:///{path}")
    refuse_impossible(path)
    escaped = str(path).replace("'", "''")
    when_free(path, waiting, lambda: connection.execute(f"ATTACH '{escaped}' AS place (READ_ONLY)"))
    try:
        found = connection.execute(
            "SELECT lower(table_name), lower(column_name) FROM information_schema.columns "
            "WHERE table_catalog = 'place' AND table_schema = 'main'"
        )
        for stream, columns in columns_by_stream(found.fetchall()).items():
            query = f'SELECT {selection(stream, columns)} FROM place.main."{stream}"'
            connection.execute(f'CREATE TABLE source."{stream}" AS {query}')
        if place.conversions and (table := _find(connection, place.conversions)):
            connection.execute(f"CREATE TABLE source.{AS_FOUND} AS SELECT * FROM place.{table}")
    finally:
        connection.execute("DETACH place")


def _find(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A table or view of the place with that name, quoted; None if there is none."""
    schema, _, table = name.rpartition(".")
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = 'place' AND lower(table_schema) = lower(?) AND lower(table_name) = lower(?)",
        [schema or "main", table],
    ).fetchone()
    return ".".join(map(quoted, found)) if found else None
