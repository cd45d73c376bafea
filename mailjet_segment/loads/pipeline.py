"""dlt, and all that this program knows of it.

A package is extracted (Arrow tables to Parquet files), normalized, and loaded: dlt copies the files to tables of a
staging dataset, and merges these by id. dlt's own state is not used, so its folder is of one run, and nothing is asked
of the target at a start.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",  # what it logs may quote rows; what fails is said by us
    "LOAD__WORKERS": "1",  # one after another needs less memory
    "LOAD__TRUNCATE_STAGING_DATASET": "true",  # else rows would stay in it that were deleted from the tables
    "LOAD__RAISE_ON_MAX_RETRIES": "1",  # a server that is gone is said at once: another load is cheap
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import dlt  # noqa: E402 (it reads its settings when it is imported)
import pyarrow as pa  # noqa: E402
from dlt.common.configuration import configspec  # noqa: E402
from dlt.common.destination.client import WithStateSync  # noqa: E402
from dlt.common.typing import TLoaderFileFormat  # noqa: E402
from dlt.destinations.impl.postgres.configuration import PostgresCredentials  # noqa: E402

NAME = "mailjet_segment"
"""Of dlt's pipeline and schema."""
_MERGE: Any = {"disposition": "merge", "strategy": "delete-insert"}
"""Measured with DuckDB: half of the time of `upsert` and `insert-only`."""


def duckdb_destination(connection: Any, staging: str) -> Any:
    """DuckDB by a connection that stays ours."""
    return dlt.destinations.duckdb(connection, staging_dataset_name_layout=staging)


def postgresql_destination(address: str, database: str, staging: str) -> Any:
    """PostgreSQL at an address, which leads to this database."""

    @configspec(init=False)
    class AsGiven(PostgresCredentials):
        """The address as libpq reads it: dlt's own reading knows neither sockets nor a missing password."""

        def to_native_representation(self) -> str:
            return address

    credentials = AsGiven()
    credentials.parse_native_representation("postgresql://user:password@host/database")
    credentials.database = database
    credentials.resolve()  # else dlt would make another object of it
    return dlt.destinations.postgres(credentials, staging_dataset_name_layout=staging)


class Pipeline:
    """Loads Arrow tables package by package; its files are in `folder`."""

    def __init__(self, destination: Any, dataset: str, folder: Path, file_format: TLoaderFileFormat | None) -> None:
        self._file_format = file_format
        self._pipeline = dlt.pipeline(NAME, pipelines_dir=str(folder), destination=destination, dataset_name=dataset)
        self._pipeline.config.restore_from_destination = False

    def has_schema(self) -> bool:
        """Whether the target has tables of ours, as dlt notes there."""
        with self._pipeline.destination_client() as client:
            return isinstance(client, WithStateSync) and client.get_stored_schema(NAME) is not None

    def extract(self, tables: Iterable[tuple[str, pa.Table]], is_empty: bool) -> None:
        """Writes tables, several of a name if need be, into a package. `is_empty`: there is nothing to merge with."""

        def items() -> Iterator[Any]:
            for name, table in tables:
                yield dlt.mark.with_table_name(table, name)

        resource = dlt.resource(
            items, name="events", write_disposition="append" if is_empty else _MERGE, primary_key="id"
        )
        resource.apply_hints(additional_table_hints={"x-stage-data-deduplicated": True})  # an id is once in the store
        self._pipeline.extract(resource, schema=dlt.Schema(NAME), loader_file_format=self._file_format)

    def discard(self) -> None:
        """Drops the package, and all else in the folder; this object is of no use then."""
        shutil.rmtree(self._pipeline.working_dir)

    def load(self) -> None:
        """Loads the package; when this returns, its rows are in the tables."""
        self._pipeline.normalize()
        self._pipeline.load()
