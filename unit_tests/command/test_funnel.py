"""The funnel counts messages, not events, and keeps software apart from people."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from mailjet_segment.funnel import Funnel, read_funnels, total
from mailjet_segment.summary import to_rate
from mailjet_segment.warehouse import EVENT_STREAMS

COLUMNS = (
    "email_id VARCHAR, campaign_id VARCHAR, campaign_name VARCHAR, received_at TIMESTAMP, is_bot BOOLEAN,"
    " timestamp TIMESTAMP, email_subject VARCHAR, user_id VARCHAR, anonymous_id VARCHAR, context_traits_email VARCHAR"
)


class Tables:
    """The six tables, in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for stream in EVENT_STREAMS:
            self.connection.execute(f"CREATE TABLE {stream} ({COLUMNS})")

    def add(
        self,
        stream: str,
        *emails: str,
        campaign: str | None = "1",
        bot: bool | None = None,
        name: str = "Spring",
        day: int = 1,
    ) -> None:
        """A row for each of `emails`."""
        for email in emails:
            row = [email, campaign, name, f"2026-01-0{day}", bot, f"2026-01-0{day}"]
            self.connection.execute(f"INSERT INTO {stream} VALUES (?, ?, ?, ?, ?, ?, 'Hello', 'u', NULL, NULL)", row)

    def only_row(self) -> Funnel:
        """The funnel of the only campaign."""
        (funnel,) = read_funnels(self.connection)
        return funnel


@pytest.fixture
def tables() -> Iterator[Tables]:
    made = Tables()
    yield made
    made.connection.close()


def test_a_message_counts_once_however_often_it_is_opened(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b")
    tables.add("email_opened", "a", "a", "a")
    assert (tables.only_row().delivered, tables.only_row().opened) == (2, 1)


def test_a_message_that_only_software_opened_is_not_opened(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b", "c")
    tables.add("email_opened", "a", "b", bot=True)
    tables.add("email_opened", "b", bot=False)
    tables.add("email_opened", "c")
    funnel = tables.only_row()
    assert (funnel.opened, funnel.opened_only_by_bots) == (2, 1)


def test_the_same_holds_for_clicks(tables: Tables) -> None:
    tables.add("email_link_clicked", "a", bot=True)
    tables.add("email_link_clicked", "b", bot=False)
    funnel = tables.only_row()
    assert (funnel.clicked, funnel.clicked_only_by_bots) == (1, 1)


def test_an_open_of_a_message_delivered_before_the_tables_begin_raises_no_rate(tables: Tables) -> None:
    tables.add("email_delivered", "a")
    tables.add("email_opened", "a", "from before")
    funnel = tables.only_row()
    assert (funnel.opened, funnel.opened_of_delivered, funnel.delivered) == (2, 1, 1)


def test_unsubscribes_bounces_and_complaints_are_counted(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b")
    tables.add("email_unsubscribed", "a")
    tables.add("email_marked_as_spam", "a", "b")
    tables.add("email_bounced", "c")
    funnel = tables.only_row()
    assert (funnel.unsubscribed, funnel.spam, funnel.bounced, funnel.bounced_or_delivered) == (1, 2, 1, 3)


def test_an_event_without_its_campaign_belongs_to_that_of_its_message(tables: Tables) -> None:
    tables.add("email_delivered", "a")
    tables.add("email_link_clicked", "a", campaign=None)
    assert (tables.only_row().campaign_id, tables.only_row().clicked) == ("1", 1)


def test_a_campaign_has_the_name_that_was_read_last(tables: Tables) -> None:
    tables.add("email_delivered", "a", name="Spring")
    tables.add("email_opened", "a", name="Spring, again", day=2)
    assert tables.only_row().campaign_name == "Spring, again"


def test_campaigns_come_largest_first_and_add_up(tables: Tables) -> None:
    tables.add("email_delivered", "a", campaign="1")
    tables.add("email_delivered", "b", "c", campaign="2")
    tables.add("email_delivered", "d", campaign=None)
    funnels = read_funnels(tables.connection)
    assert [funnel.campaign_id for funnel in funnels] == ["2", "1", None]
    assert total(funnels).delivered == 4


def test_before_the_first_sync_there_is_no_funnel() -> None:
    with duckdb.connect() as connection:
        assert read_funnels(connection) == []


@pytest.mark.parametrize(("part", "whole", "rate"), [(1, 3, "33.3%"), (0, 5, "0.0%"), (0, 0, "-")])
def test_a_rate_is_a_percentage_or_a_dash(part: int, whole: int, rate: str) -> None:
    assert to_rate(part, whole) == rate
