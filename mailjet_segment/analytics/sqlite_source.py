"""The rows of an event store in SQLite, of all its accounts. They are JSON there. Others may write meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import duckdb

from mailjet_segment.analytics.place import Place, existing_file
from mailjet_segment.analytics.source_tables import add_rows
from mailjet_segment.warehouse import Waiting
from program.failure import Failure
from segment_events.kinds import ALL_KINDS, columns_of

_AT_ONCE = 10_000
"""Rows that are read together."""


def copy_store(connection: duckdb.DuckDBPyConnection, place: Place, waiting: Waiting) -> None:
    """Copies all rows, of which a database that is no store has none; raises `Failure` if the file cannot be read."""
    from mailjet_segment.loads.tables import to_tables

    path = existing_file(place)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as store:
            for kind in ALL_KINDS:
                rows = store.execute("SELECT row_json FROM event WHERE row_json IS NOT NULL AND kind = ?", [kind.name])
                while texts := [text for (text,) in rows.fetchmany(_AT_ONCE)]:
                    table = to_tables({kind.stream: texts})[kind.stream]
                    add_rows(connection, kind.stream, set(columns_of(kind.stream)), table)
    except sqlite3.Error as error:
        if "no such table" not in str(error) and "no such column" not in str(error):
            raise Failure(f"{path} cannot be read as a store of SQLite ({error}).") from None
