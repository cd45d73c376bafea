"""The DuckDB file: it is opened, with a clear failure for each way to go wrong, and its tables are counted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb

from mailjet_segment.failure import disk_failure
from mailjet_segment.loads.database import TABLES
from program.failure import Failure
from segment_events.kinds import KINDS

Opened = TypeVar("Opened")
EVENT_STREAMS = tuple(kind.stream for kind in KINDS)
LOOK_EVERY_S = 0.2
_HEADER_BYTES = 12
"""A database begins with a checksum of eight bytes and `DUCK` (DuckDB's documentation of its storage format)."""


class FileInUse(Failure):
    """Another program has the file open."""


class LaterFile(Failure):
    """A later version of DuckDB made the file."""


@dataclass(frozen=True)
class Waiting:
    """How to wait for another program that has the file open: `say` hears it once; `pause` returns True to stop."""

    say: Callable[[str], None]
    pause: Callable[[float], bool]
    for_s: float = 60.0


@contextmanager
def open_warehouse(path: Path, waiting: Waiting | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file at `path`, made if it is not there; one process at a time can hold it.

    Raises `Failure` if its folder is missing, the file is in use for longer than `waiting` allows, is no DuckDB
    database or cannot be written.
    """
    refuse_impossible(path)
    connection = when_free(path, waiting, lambda: duckdb.connect(str(path)))
    try:
        yield connection
    except duckdb.Error as error:
        raise disk_failure(error) or Failure(f"{path} could not be worked with: {_first_line(error)}.") from error
    finally:
        connection.close()


@contextmanager
def open_to_read(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only reads a DuckDB file, which must be there; raises `Failure` as `open_warehouse` does."""
    if not path.exists():
        raise Failure(f"There is no file {path}: give the one that sync loads into as --duckdb.")
    refuse_impossible(path)
    try:
        with closing(duckdb.connect(str(path), read_only=True)) as connection:
            yield connection
    except (duckdb.Error, OSError) as error:
        raise _open_failure(path, error) from None


def refuse_impossible(path: Path) -> None:
    """Raises `Failure` if no database can be at `path`, without making one.

    DuckDB opens JSON, CSV and Parquet files too, as views over them, and would keep none of the rows loaded.
    """
    if not path.parent.is_dir():
        raise Failure(f"{path} cannot be made, for its folder is not there: make it, or give another --duckdb.")
    if path.is_dir():
        raise Failure(f"{path} is a folder; give the path of a file in it as --duckdb.")
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise Failure(f"{path} cannot be made, for you may not write to its folder: give another --duckdb.")
    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_BYTES)
    except OSError:
        return
    if start and not start.endswith(b"DUCK"):
        raise Failure(f"{path} is no DuckDB database; give another file.")


def row_counts(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Rows of each of the seven tables; 0 for one that does not exist."""
    there = tables(connection)
    return {stream: _rows(connection, stream) if stream in there else 0 for stream in TABLES}


def tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of the schema `main`, in lower case, as DuckDB compares names."""
    found = connection.execute(
        "SELECT lower(table_name) FROM duckdb_tables()"
        " WHERE schema_name = 'main' AND database_name = current_database()"
    )
    return {name for (name,) in found.fetchall()}


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f'SELECT count(*) FROM main."{table}"').fetchone()
    return int(row[0]) if row else 0


def when_free(path: Path, waiting: Waiting | None, open_file: Callable[[], Opened]) -> Opened:
    """The result of `open_file`, once nobody else has the file open. Raises `Failure` if it cannot be opened."""
    give_up_at = None
    while True:
        try:
            return open_file()
        except (duckdb.Error, OSError) as error:
            now = time.monotonic()
            if waiting is None or "lock on file" not in str(error) or (give_up_at is not None and now >= give_up_at):
                raise _open_failure(path, error) from None
            if give_up_at is None:
                give_up_at = now + waiting.for_s
                waiting.say(f"{path} is in use by another program: waiting up to {waiting.for_s:.0f} s for it.")
            if waiting.pause(LOOK_EVERY_S):
                raise _open_failure(path, error) from None


def _open_failure(path: Path, error: duckdb.Error | OSError) -> Failure:
    text = (error.strerror or str(error)) if isinstance(error, OSError) else _first_line(error)
    if "lock on file" in text:
        return FileInUse(f"{path} is in use by another program; close it, or wait until the other sync has ended.")
    full = disk_failure(error)
    if full:
        return full
    if "not a valid DuckDB database file" in text:
        return Failure(f"{path} is no DuckDB database; give another file.")
    if "newer version of DuckDB" in str(error):
        return LaterFile(f"{path} was made by a later version of DuckDB than {duckdb.__version__}, which is installed.")
    return Failure(f"{path} cannot be opened as a DuckDB database: {text}.")


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".")
