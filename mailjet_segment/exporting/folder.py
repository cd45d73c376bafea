"""A file for each table, Parquet or CSV, written by DuckDB: as fast as the disk, and in little memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import duckdb

from mailjet_segment.exporting.formulas import defused_in_sql
from mailjet_segment.exporting.selection import Column, Table
from program.failure import Failure

FileFormat = Literal["parquet", "csv"]
_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}
_SECOND, _FRACTION = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"


def write_files(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], folder: Path, file_format: FileFormat
) -> Iterator[tuple[Path, int]]:
    """Writes each table and yields its file and its rows. A file is replaced when the new one is whole.

    Raises `Failure` if there can be no such folder.
    """
    _make_folder(folder)
    for table in tables:
        file = folder / f"{table.name}.{file_format}"
        new = folder / f".{file.name}.new"
        query = f"SELECT * FROM {table.quoted}" if file_format == "parquet" else _texts(table)
        quoted = str(new).replace("'", "''")
        try:
            row = connection.execute(f"COPY ({query}) TO '{quoted}' ({_OPTIONS[file_format]})").fetchone()
            os.replace(new, file)
        finally:
            with suppress(OSError):
                new.unlink()
        yield file, row[0] if row else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Failure(f"{folder} is a file: give a folder as -o, for there is a file for each table.") from None
    except OSError as error:
        raise Failure(f"{folder} cannot be made: {error.strerror}.") from None
    if not os.access(folder, os.W_OK):
        raise Failure(f"{folder} cannot be written to: give another folder as -o.")


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
