"""A file for each table, Parquet or CSV, written by DuckDB: as fast as the disk, and in little memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import duckdb

from mailjet_segment.exporting.formulas import defused_in_sql
from mailjet_segment.exporting.selection import Column, Table
from mailjet_segment.whole_file import whole_file
from program.failure import Failure

FileFormat = Literal["parquet", "csv"]
_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}
_WHY = re.compile(r'new\\?": ([^"]+)')
"""How DuckDB ends a complaint of a file: with its name in quotes, and the system's reason."""
_SECOND, _FRACTION = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"


def write_files(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], folder: Path, file_format: FileFormat
) -> Iterator[tuple[Path, int]]:
    """Writes each table and yields its file and its rows. The files hold addresses, so they are for their owner alone.

    Raises `Failure` if there can be no such folder.
    """
    _make_folder(folder)
    for table in tables:
        file = folder / f"{table.name}.{file_format}"
        query = f"SELECT * FROM {table.quoted}" if file_format == "parquet" else _texts(table)
        with whole_file(file, is_private=True, advice="give another folder as -o") as new:
            rows = _copy(connection, query, new, _OPTIONS[file_format])
        yield file, rows


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path, options: str) -> int:
    """Writes the rows of a query and returns their number; raises `OSError` if the file cannot be written."""
    quoted = str(file).replace("'", "''")
    try:
        row = connection.execute(f"COPY ({query}) TO '{quoted}' ({options})").fetchone()
    except duckdb.IOException as error:
        if why := _WHY.search(str(error)):
            raise OSError(why[1]) from None
        raise
    return row[0] if row else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Failure(f"{folder} is a file: give a folder as -o, for there is a file for each table.") from None
    except OSError as error:
        raise Failure(f"{folder} cannot be made: {error.strerror}.") from None


def _texts(table: Table) -> str:
    return (
        f"SELECT {', '.join(f'{_as_text(column)} AS {column.quoted}' for column in table.columns)} FROM {table.quoted}"
    )


def _as_text(column: Column) -> str:
    """As CSV shows a column: instants with `Z`, texts that are no formulas."""
    name = column.quoted
    if column.is_instant:
        is_whole = f"{name} = date_trunc('second', {name})"
        return f"CASE WHEN {is_whole} THEN strftime({name}, '{_SECOND}') ELSE strftime({name}, '{_FRACTION}') END"
    return name if column.is_plain else defused_in_sql(name if column.is_text else f"CAST({name} AS VARCHAR)")
