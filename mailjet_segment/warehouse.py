"""The DuckDB file: opened with an answer for whatever may be wrong with it, and asked what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from mailjet_segment.failure import Failure, disk_failure
from segment_events.kinds import KINDS, TRACKS

EVENT_STREAMS = tuple(kind.stream for kind in KINDS)
STREAMS = (*EVENT_STREAMS, TRACKS)
_HEADER_BYTES = 12
"""A database begins with a checksum of eight bytes and `DUCK` (DuckDB's documentation of its storage format)."""


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file at `path`, made if it is not there; one process at a time can hold it.

    Raises `Failure` where its folder is missing, the file is in use, is no DuckDB database or cannot be written.
    """
    _refuse_other_file(path)
    if not path.parent.is_dir():
        raise Failure(f"{path} cannot be made, for its folder is not there: make it, or give another --duckdb.")
    try:
        connection = duckdb.connect(str(path))
    except (duckdb.Error, OSError) as error:
        raise _open_failure(path, error) from None
    try:
        yield connection
    except duckdb.Error as error:
        raise disk_failure(error) or Failure(f"{path} could not be worked with: {_first_line(error)}.") from error
    finally:
        connection.close()


def tables(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Those of the seven tables that exist, the six of the events first."""
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    return tuple(stream for stream in STREAMS if stream in names)


def row_counts(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Rows of each of the seven tables; 0 for one that does not exist."""
    existing = tables(connection)
    return {stream: _rows(connection, stream) if stream in existing else 0 for stream in STREAMS}


def drop_leftovers(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what PyAirbyte leaves when it is killed while it loads: tables called as a stream, `_` and 9 characters."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND regexp_full_match(table_name, ?)",
        [f"({'|'.join(STREAMS)})_[0-9a-z]{{9}}"],
    ).fetchall()
    for (name,) in found:
        connection.execute(f'DROP TABLE "{name}"')


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f'SELECT count(*) FROM main."{table}"').fetchone()
    return int(row[0]) if row else 0


def _refuse_other_file(path: Path) -> None:
    """DuckDB opens JSON, CSV and Parquet files too, as views over them, and would keep nothing of what is loaded."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_BYTES)
    except OSError:
        return
    if start and not start.endswith(b"DUCK"):
        raise Failure(f"{path} is no DuckDB database; give another file.")


def _open_failure(path: Path, error: duckdb.Error | OSError) -> Failure:
    text = (error.strerror or str(error)) if isinstance(error, OSError) else _first_line(error)
    if "lock on file" in text:
        return Failure(f"{path} is in use by another program; close it, or wait until the other sync has ended.")
    full = disk_failure(error)
    if full:
        return full
    if "not a valid DuckDB database file" in text:
        return Failure(f"{path} is no DuckDB database; give another file.")
    return Failure(f"{path} cannot be opened as a DuckDB database: {text}.")


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".")
