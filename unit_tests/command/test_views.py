"""The views in the database: one row for each message, and never in the place of something of the user's."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from mailjet_segment.loads.database import Database
from mailjet_segment.views import make_views
from mailjet_segment.warehouse import EVENT_STREAMS

COLUMNS = (
    "email_id VARCHAR, campaign_id VARCHAR, campaign_name VARCHAR, email_subject VARCHAR, user_id VARCHAR,"
    " anonymous_id VARCHAR, context_traits_email VARCHAR, timestamp TIMESTAMP, received_at TIMESTAMP, is_bot BOOLEAN"
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        for stream in EVENT_STREAMS:
            made.execute(f"CREATE TABLE {stream} ({COLUMNS})")
        yield made


def add(connection: duckdb.DuckDBPyConnection, stream: str, day: int, is_bot: bool | None = None) -> None:
    """Something that happened to message m on a day of January 2026; it was read on that day."""
    values = [
        "m",
        "c",
        f"Name {day}",
        "Hello",
        "u-1",
        None,
        "a@x.example",
        f"2026-01-0{day}",
        f"2026-01-0{day}",
        is_bot,
    ]
    connection.execute(f"INSERT INTO {stream} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def test_a_message_has_the_first_time_of_each_thing_and_software_stands_apart(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add(connection, "email_delivered", 1)
    for day, is_bot in ((2, True), (3, None), (4, False), (5, True)):
        add(connection, "email_opened", day, is_bot)
    add(connection, "email_link_clicked", 6, True)
    add(connection, "email_marked_as_spam", 7)
    make_views(Database(connection, "duckdb", ""))
    found = connection.execute("FROM messages")
    names = [name for name, *_ in found.description or []]
    (values,) = found.fetchall()
    message = dict(zip(names, values, strict=True))
    days = {name: value and value.day for name, value in message.items() if name.endswith("_at")}
    assert days == {
        "delivered_at": 1,
        "opened_at": 3,
        "opened_by_bot_at": 2,
        "clicked_at": None,
        "clicked_by_bot_at": 6,
        "bounced_at": None,
        "unsubscribed_at": None,
        "complained_at": 7,
    }
    assert (message["email_id"], message["campaign_name"], message["user_id"]) == ("m", "Name 7", "u-1")
    assert connection.execute(
        "SELECT delivered, opened, clicked, clicked_only_by_bots FROM campaign_funnel"
    ).fetchall() == [(1, 1, 0, 1)]


def test_what_the_user_made_stays(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE Messages AS SELECT 1 AS mine")
    connection.execute("CREATE VIEW campaign_funnel AS SELECT 2 AS mine")
    connection.execute("COMMENT ON VIEW campaign_funnel IS 'of the marketing team'")
    make_views(Database(connection, "duckdb", ""))
    assert connection.execute("FROM messages").fetchall() == [(1,)]
    assert connection.execute("FROM campaign_funnel").fetchall() == [(2,)]


def test_a_view_of_ours_that_the_user_replaced_is_theirs(connection: duckdb.DuckDBPyConnection) -> None:
    make_views(Database(connection, "duckdb", ""))
    connection.execute("CREATE OR REPLACE VIEW messages AS SELECT 3 AS mine")
    make_views(Database(connection, "duckdb", ""))
    assert connection.execute("FROM messages").fetchall() == [(3,)]


def test_a_view_of_an_earlier_release_is_replaced(connection: duckdb.DuckDBPyConnection) -> None:
    make_views(Database(connection, "duckdb", ""))
    [(comment,)] = connection.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'messages'").fetchall()
    connection.execute("CREATE OR REPLACE VIEW messages AS SELECT 4 AS former")
    connection.execute(f"COMMENT ON VIEW messages IS '{comment.replace('(', '(0')}'")
    make_views(Database(connection, "duckdb", ""))
    assert connection.execute("FROM messages").fetchall() == []


def test_before_the_first_sync_there_is_no_view() -> None:
    with duckdb.connect() as connection:
        make_views(Database(connection, "duckdb", ""))
        assert connection.execute("SELECT * FROM duckdb_views() WHERE NOT internal").fetchall() == []
