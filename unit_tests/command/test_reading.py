"""What a source emits is in the tables with its state, also when it fails half-way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mailjet_segment.loading import drop_leftovers
from mailjet_segment.outbox import Outbox
from mailjet_segment.progress import Step
from mailjet_segment.reading import read_into_duckdb
from mailjet_segment.warehouse import open_warehouse, row_counts

pytestmark = pytest.mark.pyairbyte
Launcher = Callable[[str], Path]


def read(executable: Path, database: Path, step: Any, stop: threading.Event | None = None, **config: Any) -> str | None:
    return read_into_duckdb(executable, config, database, step, stop or threading.Event())


def test_the_second_read_gets_only_what_is_new(tmp_path: Path, executable: Launcher, heard: Any) -> None:
    database, source = tmp_path / "m.duckdb", executable("tiny_source")
    assert read(source, database, heard.step, rows=10) is None
    assert heard.step.count == 20
    assert read(source, database, heard.step, rows=15) is None
    assert heard.step.count == 30
    with open_warehouse(database) as connection:
        counts = row_counts(connection)
    assert (counts["email_delivered"], counts["email_opened"], counts["email_bounced"], counts["tracks"]) == (
        15,
        15,
        0,
        15,
    )


def test_a_source_that_fails_leaves_what_it_emitted_and_says_why(
    tmp_path: Path, executable: Launcher, heard: Any
) -> None:
    database, source = tmp_path / "m.duckdb", executable("tiny_source")
    assert read(source, database, heard.step, rows=10, fail_after=15) == "Mailjet went away; come again."
    with open_warehouse(database) as connection:
        assert (row_counts(connection)["email_delivered"], row_counts(connection)["email_opened"]) == (10, 4)
    assert read(source, database, heard.step, rows=10) is None
    assert heard.step.count == 14 + 10, "the first stream, whose state was there, is not read again"
    with open_warehouse(database) as connection:
        assert (row_counts(connection)["email_delivered"], row_counts(connection)["email_opened"]) == (10, 10)


def test_a_warning_of_the_source_is_said_once(tmp_path: Path, executable: Launcher, heard: Any) -> None:
    read(executable("tiny_source"), tmp_path / "m.duckdb", heard.step, rows=1)
    assert heard.said == ["  tracking is off"]


def test_a_wish_to_stop_ends_the_read_and_keeps_what_was_emitted(
    tmp_path: Path, executable: Launcher, heard: Any
) -> None:
    stop = threading.Event()
    step = Step("Step", lambda shown: stop.set(), heard.said.append, heard.said.append)
    assert read(executable("tiny_source"), tmp_path / "m.duckdb", step, stop, rows=100_000) is None
    assert 0 < step.count < 100_000
    with open_warehouse(tmp_path / "m.duckdb") as connection:
        assert row_counts(connection)["email_delivered"] > 0


def test_the_outbox_gives_back_exactly_the_records_that_were_read(
    tmp_path: Path, executable: Launcher, heard: Any
) -> None:
    database = tmp_path / "m.duckdb"
    read(executable("tiny_source"), database, heard.step, rows=3)
    with open_warehouse(database) as connection:
        (page,) = Outbox(connection, "key").pages("email_opened")
    assert page == [
        {
            "id": f"email_opened-{number}",
            "event_text": "Email Opened",
            "anonymous_id": f"person-{number}",
            "timestamp": f"2026-01-01T00:00:0{number}Z",
            "received_at": "2026-02-01T12:00:00Z",
            "campaign_name": "",
            "email_id": "1234567890123456789",
            "is_bot": number % 2 == 0,
            "click_delay_s": number,
        }
        for number in range(3)
    ]


def test_the_tables_that_a_load_makes_are_recorded_and_only_they_are_dropped(
    tmp_path: Path, executable: Launcher, heard: Any
) -> None:
    read(executable("tiny_source"), tmp_path / "m.duckdb", heard.step, rows=1)
    with open_warehouse(tmp_path / "m.duckdb") as connection:
        recorded = {name for (name,) in connection.execute("SELECT table_name FROM delivery.loading").fetchall()}
        assert {name[:-10] for name in recorded} == {"email_delivered", "email_opened", "tracks"}
        of_the_user = {"email_opened_01kaab9zz", "email_opened_by_me", "tracks_dashboard"}
        for table in recorded | of_the_user:
            connection.execute(f"CREATE TABLE {table} (id VARCHAR)")
        before = set(tables_of(connection))
        drop_leftovers(connection)
        assert before - set(tables_of(connection)) == recorded
        assert connection.execute("FROM delivery.loading").fetchall() == []


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
