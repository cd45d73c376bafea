"""A place whose texts are such as strangers may write."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mailjet_segment.analytics.place import Place, duckdb_place
from mailjet_segment.exporting.formulas import STARTS
from mailjet_segment.loads.database import ALL_TABLES, Database, make_tables

SUBJECTS = (
    *(f"{start}1+1|'cmd'!A1" for start in STARTS),
    "'=quoted",
    'He said "no", and; went\r\naway',
    "",
    "Größe 🌱 \u2028 \x07",
    "01234",
    "https://example.com/?a=1",
    "plain",
    "long " * 8_000,
)
"""What formulas begin with, and what else a table may make of a text."""


@pytest.fixture(scope="session")
def hostile_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A message with each of the subjects, delivered."""
    file: Path = tmp_path_factory.mktemp("hostile") / "mailjet.duckdb"
    with duckdb.connect(str(file)) as connection:
        make_tables(Database(connection, "duckdb", str(file)), ALL_TABLES)
        for number, subject in enumerate(SUBJECTS):
            connection.execute(
                "INSERT INTO email_delivered BY NAME SELECT ? AS id, ? AS email_id, ? AS email_subject, "
                "TIMESTAMPTZ '2026-01-31 12:00:00.25Z' AS received_at, TIMESTAMPTZ '2026-01-31 12:00:00Z' AS timestamp",
                [f"mailjet-delivered-{number}", str(number), subject],
            )
    return duckdb_place(file)
