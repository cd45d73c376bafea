"""PyAirbyte's DuckDB cache, with a record of the tables that it makes on the way.

PyAirbyte loads each stream into a table of its own and drops it when its rows are merged. If it is killed in between,
the table stays. Its name could be a user's, so only tables that this record names are dropped.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

if TYPE_CHECKING:
    from airbyte.caches import DuckDBCache

_RECORD = "delivery.loading"
_MAKE = ("CREATE SCHEMA IF NOT EXISTS delivery", f"CREATE TABLE IF NOT EXISTS {_RECORD} (table_name VARCHAR)")


def recording_cache(database: Path, scratch: Path) -> DuckDBCache:
    """The cache in `database`; its files go to `scratch`. PyAirbyte must have been imported."""
    from airbyte._processors.sql.duckdb import DuckDBSqlProcessor
    from airbyte.caches import DuckDBCache

    class RecordingProcessor(DuckDBSqlProcessor):
        """Writes down the name of a table before it makes it."""

        def _write_files_to_new_table(self, files: list[Path], stream_name: str, batch_id: str) -> str:
            name = self._get_temp_table_name(stream_name, batch_id)
            for statement in (*_MAKE, f"INSERT INTO {_RECORD} VALUES ('{name}')"):
                self._execute_sql(statement)
            return super()._write_files_to_new_table(files, stream_name, batch_id)

    class RecordingCache(DuckDBCache):
        """A cache with the processor that keeps the record."""

        _sql_processor_class: ClassVar[type[Any]] = RecordingProcessor

    return RecordingCache(db_path=database, cache_dir=scratch)


def drop_leftovers(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables that a killed load left behind; the record then names none."""
    for statement in _MAKE:
        connection.execute(statement)
    for (name,) in connection.execute(f"SELECT table_name FROM {_RECORD}").fetchall():
        connection.execute(f'DROP TABLE IF EXISTS main."{name}"')
    connection.execute(f"DELETE FROM {_RECORD}")
