"""A workbook with a sheet for each table, written row by row: the memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from mailjet_segment.exporting.formulas import looks_like_formula
from mailjet_segment.exporting.selection import Column, Table
from mailjet_segment.whole_file import whole_file

MOST_ROWS = 1_048_576
"""Rows of a sheet, its head among them (Microsoft, "Excel specifications and limits")."""
MOST_CHARACTERS = 32_767
"""Characters of a cell (the same)."""
_AT_ONCE = 2_000
_WIDTH = 20


class Cuts:
    """How many texts were longer than a cell may be."""

    number = 0


def write_workbook(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[Table],
    path: Path,
    scratch: Path,
    cuts: Cuts,
    most_rows: int = MOST_ROWS,
) -> Iterator[tuple[str, int]]:
    """Writes the workbook, and yields the name of each sheet and its rows; it is in its place when all is written.

    It holds addresses, so it is for its owner alone.

    A table of more rows than a sheet can have goes on in another one: `mailjet__events`, `mailjet__events 2`.
    `scratch`: a folder for the rows until the workbook is packed. Raises `Failure` if there can be no such file.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(scratch),
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
    }
    with whole_file(path, is_private=True) as new:
        # Not as a context manager, which would pack the rows also after Ctrl-C.
        workbook = Workbook(str(new), options)
        sheets = _Sheets(workbook, cuts, most_rows)
        try:
            for table in tables:
                yield from sheets.add(connection, table)
            workbook.close()
        except FileCreateError as error:
            raise error.args[0] from None
        finally:
            for sheet in workbook.worksheets():  # the workbook's own end closes their files only if all goes well
                with suppress(OSError):
                    sheet.row_data_fh.close()


class _Sheets:
    """The sheets of a workbook, as they are filled."""

    def __init__(self, workbook: Any, cuts: Cuts, most_rows: int) -> None:
        self._workbook, self._cuts, self._most_rows = workbook, cuts, most_rows
        self._head = workbook.add_format({"bold": True})
        self._instant = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._text = workbook.add_format({"quote_prefix": True})

    def add(self, connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[tuple[str, int]]:
        rows = _rows(connection, table)
        pending = next(rows, None)
        for number in count(1):
            name = table.name if number == 1 else f"{table.name} {number}"
            sheet = self._begin(name, table.columns)
            written = 0
            while pending is not None and written + 1 < self._most_rows:
                written += 1
                self._write(sheet, written, pending)
                pending = next(rows, None)
            yield name, written
            if pending is None:
                return

    def _begin(self, name: str, columns: Sequence[Column]) -> Any:
        sheet = self._workbook.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(columns) - 1), _WIDTH)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.name, self._head)
        return sheet

    def _write(self, sheet: Any, row: int, values: Sequence[Any]) -> None:
        for place, value in enumerate(values):
            if value is None:
                continue
            if isinstance(value, bool):
                sheet.write_boolean(row, place, value)
            elif isinstance(value, (int, float)):
                sheet.write_number(row, place, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(row, place, value, self._instant)
            else:
                sheet.write_string(row, place, self._fitting(value), self._text if looks_like_formula(value) else None)

    def _fitting(self, text: str) -> str:
        if len(text) <= MOST_CHARACTERS:
            return text
        self._cuts.number += 1
        return text[:MOST_CHARACTERS]


def _rows(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Sequence[Any]]:
    """Instants in UTC, without a time zone, as Excel knows none; what it has no type for as a text."""
    columns = ", ".join(map(_as_cell, table.columns))
    found = connection.cursor().execute(f"SELECT {columns} FROM {table.quoted}")
    while rows := found.fetchmany(_AT_ONCE):
        yield from rows


def _as_cell(column: Column) -> str:
    if column.is_instant:
        return f"CAST({column.quoted} AS TIMESTAMP)"
    return column.quoted if column.is_plain or column.is_text else f"CAST({column.quoted} AS VARCHAR)"
