"""An open target: its tables, its pipeline, its views, whichever kind it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from event_store.values import Batch
from mailjet_segment.loads.aside import aside
from mailjet_segment.loads.database import ALL_TABLES, TABLES, Database, has_schema, make_tables, missing_tables
from mailjet_segment.loads.failure import explained
from mailjet_segment.loads.target import Target
from mailjet_segment.postgresql import with_settings
from mailjet_segment.views import make_views
from mailjet_segment.warehouse import Waiting, open_warehouse, refuse_impossible
from segment_events.kinds import BLOCKED

if TYPE_CHECKING:
    import pyarrow as pa

    from mailjet_segment.loads.pipeline import Pipeline

_DUCKDB_SETTINGS = ("memory_limit = '64MB'", "threads = 1", "preserve_insertion_order = false")
"""Without them DuckDB takes what the machine has: 2 GB for three million events, and each thread has buffers."""


@contextmanager
def open_place(
    target: Target, store_id: str, folder: Path, stop: threading.Event, say: Callable[[str], None]
) -> Iterator[Place]:
    """The target, opened; raises `Failure` with a sentence for whatever becomes of it."""
    staging = f"mailjet_segment_{store_id[:8]}"
    with explained(target.name):
        if target.kind == "duckdb":
            with open_warehouse(Path(target.address), Waiting(say, stop.wait)) as connection:
                for setting in (*_DUCKDB_SETTINGS, f"temp_directory = '{folder}/duckdb'"):
                    connection.execute(f"SET {setting}")
                yield Place(target, staging, folder, Database(connection, "duckdb", target.name))
        elif target.kind == "postgresql":
            with _postgresql(target.address) as connection:
                yield Place(target, staging, folder, Database(connection, "postgresql", target.name))
        else:
            yield Place(target, staging, folder, None)


def refuse_foreign_tables(path: Path, waiting: Waiting) -> None:
    """Raises `Failure` if a DuckDB file cannot be, or a table in it with a name of ours is somebody else's."""
    refuse_impossible(path)
    if path.exists():
        with open_warehouse(path, waiting) as connection:
            missing_tables(Database(connection, "duckdb", str(path)), ALL_TABLES)


class Place:
    """A target while it is loaded. dlt is imported when there is something to load: it takes most of a second.

    `staging`: the schema in which dlt prepares a merge, one for each store. dlt empties its tables, which must be
    neither a user's nor those of another store's load at the same time.
    """

    def __init__(self, target: Target, staging: str, folder: Path, database: Database | None) -> None:
        self._target, self._staging, self._folder, self._database = target, staging, folder, database
        self._pipeline: Pipeline | None = None
        self._needs_tables = False
        self.is_empty = False
        """Whether rows can be appended instead of merged, because the target had no table: that takes half of the time.

        A crash does no harm: the next load finds tables, and merges."""

    def is_new(self) -> bool:
        """Whether a table is missing, or was made by another store's load; then all events have to be loaded.

        Raises `Failure` for a table that is somebody else's.
        """
        if self._database:
            missing = set(missing_tables(self._database, ALL_TABLES)) & set(TABLES)
            return bool(missing) or not has_schema(self._database, self._staging)
        return not aside(lambda: self._opened().has_schema())

    def make_tables(self) -> None:
        """Makes the tables that are missing, and the schema of this store, which says that it has loaded into them."""
        if self._database:
            missing = missing_tables(self._database, TABLES)
            make_tables(self._database, missing)
            self.is_empty = missing == TABLES
            self._database.run(f"CREATE SCHEMA IF NOT EXISTS {self._staging}")
        else:
            self._needs_tables = self.is_empty = True

    def make_views(self) -> None:
        """Makes the views, in databases that we open ourselves."""
        if self._database:
            make_views(self._database)

    def extract(self, batches: Iterator[Batch]) -> bool:
        """Makes a package of batches; whether there is anything in it."""
        first = next(batches, None)
        if first is None and not self._needs_tables:
            return False
        package = chain([first] if first else [], batches)
        aside(lambda: self._opened().extract(self._tables(package), self.is_empty))
        return True

    def discard(self) -> None:
        """Drops the package that was extracted."""
        if self._pipeline:
            aside(self._pipeline.discard)
            self._pipeline = None

    def load(self) -> None:
        """Loads the package: after this, its rows are in the target."""
        aside(self._opened().load)
        self._needs_tables = False

    def _tables(self, batches: Iterable[Batch]) -> Iterator[tuple[str, pa.Table]]:
        from mailjet_segment.loads.tables import empty_table, to_tables

        if self._needs_tables:
            yield from ((name, empty_table(name)) for name in TABLES)
        for batch in batches:
            if self._database and BLOCKED.stream in batch.texts:
                make_tables(self._database, missing_tables(self._database, [BLOCKED.stream]))
            yield from to_tables(batch.texts).items()

    def _opened(self) -> Pipeline:
        if self._pipeline is None:
            from mailjet_segment.loads import pipeline

            destination: Any = self._target.address
            if self._database and self._database.dialect == "duckdb":
                destination = pipeline.duckdb_destination(self._database.connection, self._staging)
            elif self._database:
                [(name,)] = self._database.run("SELECT current_database()")
                address = with_settings(self._target.address)
                destination = pipeline.postgresql_destination(address, name, self._staging)
            dataset = self._database.schema if self._database else "mailjet"
            self._pipeline = pipeline.Pipeline(
                destination, dataset, self._folder, "parquet" if self._database else None
            )
        return self._pipeline


@contextmanager
def _postgresql(address: str) -> Iterator[Any]:
    import psycopg2

    with closing(psycopg2.connect(with_settings(address))) as connection:
        connection.autocommit = True
        yield connection
