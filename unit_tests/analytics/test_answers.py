"""Any place answers alike, in one dialect; one that cannot answer is a sentence that says what to do."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from event_store.store import Store
from lab.postgres import Postgres
from mailjet_segment.analytics.answers import open_answers, open_sources
from mailjet_segment.analytics.period import ALL, Period
from mailjet_segment.analytics.place import Place, duckdb_place, parse_place
from program.failure import Failure
from segment_events.kinds import ALL_KINDS, KINDS, columns_of
from unit_tests.analytics.conftest import EVENTS

MODELS = {
    "mailjet__events": "SELECT id AS event_id, email_id FROM source.email_delivered",
    "mailjet__messages": "SELECT email_id, min(timestamp) AS sent_at FROM source.email_delivered GROUP BY email_id",
    "mailjet__campaigns": "SELECT count(*) AS messages, min(sent_at) AS first_sent_at FROM mailjet__messages;",
}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models as small as can be."""
    folder = tmp_path_factory.mktemp("models")
    for number, (name, query) in enumerate(MODELS.items(), 9):
        (folder / f"{number}_{name}.sql").write_text(query)
    return folder


def every_row(place: Place, models: Path) -> dict[str, list[Any]]:
    with open_answers(place, models=models) as connection:
        return {
            kind.stream: connection.execute(f'SELECT * FROM source."{kind.stream}" ORDER BY id').fetchall()
            for kind in ALL_KINDS
        }


@pytest.mark.servers
@pytest.mark.parametrize("other", ["store_place", "server_place", "collector_place"])
def test_every_place_gives_the_same_rows(
    duckdb_file: Place, models: Path, other: str, request: pytest.FixtureRequest
) -> None:
    wanted = every_row(duckdb_file, models)
    assert sum(map(len, wanted.values())) == EVENTS
    assert every_row(request.getfixturevalue(other), models) == wanted


def test_all_declared_columns_are_there_and_tracks_is_made_of_all_kinds(duckdb_file: Place, models: Path) -> None:
    with open_answers(duckdb_file, models=models) as connection:
        for kind in ALL_KINDS:
            found = connection.execute(f'SELECT * FROM source."{kind.stream}" LIMIT 0')
            assert [column[0] for column in found.description or ()] == list(columns_of(kind.stream))
        parts = " UNION ALL ".join(f"SELECT id FROM source.{kind.stream}" for kind in KINDS)
        ids = f"SELECT id FROM source.tracks EXCEPT ALL ({parts})"
        assert connection.execute(ids).fetchall() == []
        assert connection.execute("SELECT count(*) FROM source.tracks").fetchall() == [(EVENTS,)]
        assert str(connection.execute("SELECT timestamp FROM source.tracks LIMIT 1").fetchall()[0][0].tzinfo) == "UTC"


def test_a_period_cuts_messages_and_events_before_other_models_are_made(duckdb_file: Place, models: Path) -> None:
    with open_answers(duckdb_file, models=models) as connection:
        times = sorted(at for (at,) in connection.execute("SELECT sent_at FROM mailjet__messages").fetchall())
        assert connection.execute("SELECT * FROM mailjet__campaigns").fetchall() == [(len(times), times[0])]
    period = Period(since=times[3], until=times[7])
    with open_answers(duckdb_file, period, models=models) as connection:
        assert connection.execute("SELECT * FROM mailjet__campaigns").fetchall() == [(4, times[3])]
        assert connection.execute("SELECT count(*) FROM mailjet__events").fetchall() == [(4,)]


def test_a_table_and_a_column_that_a_place_does_not_have_are_empty(tmp_path: Path, models: Path) -> None:
    file = tmp_path / "few.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE email_delivered AS SELECT 'a' AS id, '2026-01-31T12:00:00Z' AS timestamp")
        connection.execute("CREATE TABLE email_opened_by_me AS SELECT 1 AS id")
    with open_answers(duckdb_place(file), models=models) as connection:
        assert connection.execute(
            "SELECT id, timestamp, email_id, campaign_id FROM source.email_delivered"
        ).fetchall() == [("a", datetime(2026, 1, 31, 12, tzinfo=timezone.utc), None, None)]
        assert connection.execute("SELECT count(*) FROM source.email_opened").fetchall() == [(0,)]


def _hold(file: Path, for_s: float) -> subprocess.Popen[bytes]:
    hold = f"import duckdb, time; held = duckdb.connect({str(file)!r}); print(flush=True); time.sleep({for_s})"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    return holder


@pytest.mark.servers
def test_a_file_that_a_sync_writes_is_waited_for_and_then_free_while_the_answer_is_used(
    duckdb_file: Place, models: Path
) -> None:
    said: list[str] = []
    file = Path(duckdb_file.address)
    with _hold(file, 0.5), open_answers(duckdb_file, models=models, say=said.append) as connection:
        with _hold(file, 0):
            pass
        assert connection.execute("SELECT count(*) > 0 FROM mailjet__messages").fetchall() == [(True,)]
    assert len(said) == 1
    assert "in use by another program" in said[0]


@pytest.mark.servers
def test_what_a_killed_sync_left_in_its_log_is_there(tmp_path: Path, models: Path) -> None:
    file = tmp_path / "killed.duckdb"
    insert = "INSERT INTO email_delivered VALUES ('b')"
    killed = (
        f"import duckdb, os; c = duckdb.connect({str(file)!r}); c.execute('CREATE TABLE email_delivered (id text)'); "
    )
    killed += f"c.execute('CHECKPOINT'); c.execute({insert!r}); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    assert file.with_name("killed.duckdb.wal").exists()
    with open_answers(duckdb_place(file), models=models) as connection:
        assert connection.execute("SELECT id FROM source.email_delivered").fetchall() == [("b",)]


def test_a_store_answers_while_somebody_writes_to_it(store_place: Place, models: Path) -> None:
    with closing(sqlite3.connect(store_place.address)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM event")
        assert sum(map(len, every_row(store_place, models).values())) == EVENTS


def test_conversions_are_the_users_own_table(duckdb_file: Place, models: Path) -> None:
    with duckdb.connect(duckdb_file.address) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS shop")
        connection.execute(
            "CREATE OR REPLACE TABLE shop.order_completed AS SELECT 7 AS id, 'ann' AS user_id, now() AS timestamp"
        )
        connection.execute("CREATE OR REPLACE TABLE shop.people AS SELECT 7 AS id")
    place = replace(duckdb_file, conversions="shop.order_completed")
    with open_answers(place, models=models) as connection:
        assert connection.execute("SELECT id, user_id, event, revenue FROM source.conversions").fetchall() == [
            ("7", "ann", "order_completed", None)
        ]
    for name, sentence in {
        "order_completed": "has no table order_completed: --conversions must name one",
        "shop.people": "The table shop.people has no column user_id and no timestamp",
    }.items():
        with (
            pytest.raises(Failure, match=sentence),
            open_answers(replace(place, conversions=name), models=models),
        ):
            pass


@pytest.mark.servers
def test_conversions_of_a_server_are_found_too(server_place: Place, models: Path) -> None:
    with psycopg.connect(server_place.address) as server:
        server.execute(
            "CREATE TABLE order_completed AS SELECT 7 AS id, 'ann' AS user_id, now() AS timestamp, 9.5 AS revenue"
        )
    with open_answers(replace(server_place, conversions="order_completed"), models=models) as connection:
        assert connection.execute("SELECT id, user_id, event, revenue FROM source.conversions").fetchall() == [
            ("7", "ann", "order_completed", 9.5)
        ]


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["money", "numeric(10, 2)", "text", "double precision"])
def test_a_value_of_a_server_is_what_it_is_there(server_place: Place, models: Path, kind: str) -> None:
    with psycopg.connect(server_place.address) as server:
        server.execute(
            "CREATE TABLE order_completed AS SELECT 7 AS id, 'ann' AS user_id, now() AS timestamp, "
            f"12.5::numeric::{kind} AS revenue, '{{}}'::jsonb AS properties".encode()
        )
    with open_answers(replace(server_place, conversions="order_completed"), models=models) as connection:
        assert connection.execute("SELECT id, revenue FROM source.conversions").fetchall() == [("7", 12.5)]


@pytest.mark.servers
def test_a_selection_of_streams_is_enough_on_a_server_too(postgres: Postgres, models: Path) -> None:
    address = postgres.emptied()
    with psycopg.connect(address) as server:
        server.execute("CREATE SCHEMA mailjet")
        server.execute("CREATE TABLE mailjet.email_opened AS SELECT 'a' AS id, now() AS timestamp")
    with open_answers(parse_place(address), models=models) as connection:
        assert connection.execute("SELECT id FROM source.tracks").fetchall() == [("a",)]


def _nowhere(folder: Path) -> str:
    return str(folder / "none.duckdb")


def _folder(folder: Path) -> str:
    return str(folder)


def _text(folder: Path) -> str:
    (folder / "text").write_text("no database, but long enough")
    return str(folder / "text")


def _empty(folder: Path) -> str:
    duckdb.connect(str(folder / "empty.duckdb")).close()
    return str(folder / "empty.duckdb")


def _store(folder: Path) -> str:
    Store(f"sqlite:///{folder / 'events.db'}").close()
    return str(folder / "events.db")


@pytest.mark.parametrize(
    "make, sentence",
    [
        (_nowhere, "none.duckdb is not there: run mailjet-segment sync first"),
        (_folder, "is a folder"),
        (_text, "is no DuckDB database"),
        (_empty, "has no tables of email events: fill it"),
        (_store, "is a file of SQLite: give it as --database sqlite:///"),
    ],
)
def test_a_file_that_cannot_answer_is_a_sentence(make: Any, sentence: str, tmp_path: Path, models: Path) -> None:
    with pytest.raises(Failure, match=sentence), open_answers(duckdb_place(Path(make(tmp_path))), models=models):
        pass


@pytest.mark.parametrize(
    "make, sentence", [(_nowhere, "is not there"), (_text, "cannot be read"), (_empty, "cannot be read")]
)
def test_a_store_that_cannot_answer_is_a_sentence(make: Any, sentence: str, tmp_path: Path, models: Path) -> None:
    place = parse_place(f"sqlite:///{make(tmp_path)}")
    with pytest.raises(Failure, match=sentence), open_answers(place, models=models):
        pass


def test_what_is_no_place_is_a_sentence() -> None:
    with pytest.raises(Failure, match="--database must be"):
        parse_place("mysql://root:secret@host/x")


@pytest.mark.servers
@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda url: url, "has no tables of email events"),
        (lambda url: url.replace("?", "_that_is_not_there?"), "there is no such database"),
        (lambda url: "postgresql://mailjet:hunter2secret@127.0.0.1:1/x", "it cannot be reached"),
    ],
)
def test_a_server_that_cannot_answer_is_a_sentence_without_its_password(
    change: Any, sentence: str, postgres: Postgres, models: Path
) -> None:
    place = parse_place(change(postgres.emptied()))
    with pytest.raises(Failure, match=sentence) as failed, open_answers(place, models=models):
        pass
    assert "hunter2secret" not in str(failed.value) + repr(place)


def test_ctrl_c_is_one_while_duckdb_works_too(duckdb_file: Place) -> None:
    def work_until_ctrl_c() -> None:
        with open_sources(duckdb_file) as connection:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            # DuckDB waits for those of its threads that work: an endless query would never be given up.
            connection.execute("SELECT max(md5(i::VARCHAR)) FROM range(10_000_000) numbers(i)").fetchall()

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            work_until_ctrl_c()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_last_touch_of_all_is_credited_whatever_the_report_is_about(tmp_path: Path) -> None:
    file, july = tmp_path / "shop.duckdb", datetime(2026, 7, 1, tzinfo=timezone.utc)
    with duckdb.connect(str(file)) as connection:
        for stream, hour in (("email_delivered", 9), ("email_link_clicked", 10)):
            connection.execute(
                f"CREATE TABLE {stream} AS SELECT '{stream}' || email_id AS id, email_id, campaign_id,"
                f" 'ann' AS user_id, (day || ' {hour}:00:00Z')::TIMESTAMPTZ AS timestamp"
                " FROM (VALUES ('m1', 'June', '2026-06-29'), ('m2', 'July', '2026-07-01'))"
                " AS made(email_id, campaign_id, day)"
            )
        connection.execute(
            "CREATE TABLE order_completed AS SELECT id, 'ann' AS user_id, happened::TIMESTAMPTZ AS timestamp "
            "FROM (VALUES ('after both', '2026-07-01 12:00:00Z'), ('of none', '2026-06-01 12:00:00Z'),"
            " ('at no time', NULL)) AS made(id, happened)"
        )

    def credited(period: Period = ALL, campaign: str | None = None) -> dict[str, str | None]:
        place = replace(duckdb_place(file), conversions="order_completed")
        with open_answers(place, period, campaign=campaign) as connection:
            return dict(connection.execute("SELECT conversion_id, email_id FROM mailjet__down_funnel").fetchall())

    assert credited() == {"after both": "m2", "of none": None, "at no time": None}
    assert credited(Period(until=july)) == {"of none": None}
    assert credited(Period(since=july)) == {"after both": "m2"}
    assert credited(campaign="June") == {"of none": None, "at no time": None}
    assert credited(campaign="July") == {"after both": "m2", "of none": None, "at no time": None}


@pytest.mark.servers
def test_only_a_database_that_is_not_there_is_said_to_be_missing(postgres: Postgres, models: Path) -> None:
    address = postgres.database()
    name = address.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres.emptied(), autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
    with pytest.raises(Failure, match="it cannot be reached"), open_answers(parse_place(address), models=models):
        pass
