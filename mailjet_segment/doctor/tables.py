"""The DuckDB file of the tables: whether this DuckDB can read it, and whether the tables are ours."""

from __future__ import annotations

from pathlib import Path

from mailjet_segment.doctor.examination import Examination
from mailjet_segment.loads.database import ALL_TABLES, Database, missing_tables
from mailjet_segment.warehouse import FileInUse, LaterFile, open_to_read
from program.failure import Failure


def examine_duckdb(path: Path, found: Examination) -> None:
    """Opens the file to read, if there is one: the next sync makes one that is missing."""
    if not path.exists():
        return
    try:
        with open_to_read(path) as connection:
            _look_at_tables(Database(connection, "duckdb", str(path)), found)
    except LaterFile as error:
        found.find("duckdb-later", error.sentence)
    except FileInUse as error:
        found.find("duckdb-busy", error.sentence)
    except Failure as error:
        found.find("duckdb-broken", error.sentence)


def _look_at_tables(database: Database, found: Examination) -> None:
    try:
        missing_tables(database, ALL_TABLES)
    except Failure as error:
        found.find("duckdb-foreign", error.sentence)
    else:
        found.fine.append(f"{database.name}: can be read")
