"""`mailjet-segment export`: the models' tables as files."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Literal

import duckdb

from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.output import refuse_impossible, refuse_own_file
from mailjet_segment.analytics.period import Period
from mailjet_segment.analytics.place import Place
from mailjet_segment.exporting.folder import write_files
from mailjet_segment.exporting.selection import Table, select_tables
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.scratch import scratch_in

Format = Literal["parquet", "csv", "xlsx"]


def run_export(
    place: Place, period: Period, file_format: Format, path: Path, with_sources: bool = False, quiet: bool = False
) -> None:
    """Writes all tables; raises `Failure` if the place cannot answer, or the path cannot be written."""
    if file_format == "xlsx":
        refuse_impossible(path)
    refuse_own_file(place, path)
    progress = Progress(make_console(quiet=quiet), time.monotonic)
    with open_answers(place, period, say=progress.warn) as connection:
        tables = select_tables(connection, with_sources)
        with (
            progress.step(f"Rows written to {path}") as step,
            closing(_write(connection, tables, file_format, path, progress)) as written,
        ):
            for name, rows in written:
                step.add(rows)
                step.note(name)


def _write(
    connection: duckdb.DuckDBPyConnection, tables: list[Table], file_format: Format, path: Path, progress: Progress
) -> Generator[tuple[str, int], None, None]:
    if file_format != "xlsx":
        for file, rows in write_files(connection, tables, path, file_format):
            yield file.name, rows
        return
    from mailjet_segment.exporting.workbook import MOST_CHARACTERS, Cuts, write_workbook

    cuts = Cuts()
    with scratch_in(None) as scratch:
        yield from write_workbook(connection, tables, path, scratch, cuts)
    if cuts.number:
        progress.warn(
            f"{cuts.number:,} texts were cut to {MOST_CHARACTERS:,} characters, the most of a cell: export to csv or "
            "parquet to have all of them."
        )
