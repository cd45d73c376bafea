"""The funnel counts messages, not events, keeps software apart from people, and is what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO

import duckdb
import pytest
from rich.console import Console

from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.funnel import Funnel, read_funnels, read_total
from mailjet_segment.summary import to_funnel_table, to_rate
from segment_events.kinds import ALL_KINDS
from unit_tests.analytics.answers_of_truth import answers, make_empty_table, make_models
from unit_tests.analytics.message_truth import Figure, figures_by_campaign, figures_of, to_messages


class Tables:
    """The tables of events, in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("CREATE SCHEMA source")
        for kind in ALL_KINDS:
            make_empty_table(self.connection, kind.stream)
        self._added = 0

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
            self._added += 1
            columns = 'id, email_id, campaign_id, campaign_name, received_at, "timestamp", user_id'
            values = [f"e{self._added}", email, campaign, name, f"2026-01-0{day}", f"2026-01-0{day}", "u"]
            if bot is not None:
                columns, values = f"{columns}, is_bot", [*values, str(bot)]
            marks = ", ".join("?" * len(values))
            self.connection.execute(f"INSERT INTO source.{stream} ({columns}) VALUES ({marks})", values)

    def funnels(self) -> list[Funnel]:
        make_models(self.connection)
        return read_funnels(self.connection)

    def only_row(self) -> Funnel:
        """The funnel of the only campaign."""
        (funnel,) = self.funnels()
        return funnel

    def figures(self, *columns: str) -> list[Figure]:
        """Figures of the only campaign."""
        funnel = self.only_row()
        return [funnel.figures[column] for column in columns]


@pytest.fixture
def tables() -> Iterator[Tables]:
    made = Tables()
    yield made
    made.connection.close()


def test_a_message_counts_once_however_often_it_is_opened(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b")
    tables.add("email_opened", "a", "a", "a", day=2)
    assert tables.figures("delivered", "opened_people", "open_rate_people") == [2, 1, 0.5]


def test_a_message_that_only_software_opened_is_not_opened(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b", "c", "d")
    tables.add("email_opened", "a", "b", bot=True, day=2)
    tables.add("email_opened", "b", bot=False, day=2)
    tables.add("email_opened", "c", day=2)
    assert tables.figures("opened_people", "bot_open_share") == [2, 0.25]


def test_the_same_holds_for_clicks(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b")
    tables.add("email_link_clicked", "a", bot=True, day=2)
    tables.add("email_link_clicked", "b", bot=False, day=2)
    assert tables.figures("clicked_people", "clicked_all") == [1, 2]


def test_an_open_of_a_message_delivered_before_the_tables_begin_raises_no_rate(tables: Tables) -> None:
    tables.add("email_delivered", "a")
    tables.add("email_opened", "a", "from before", day=2)
    assert tables.figures("messages", "delivered", "opened_people", "open_rate_people") == [2, 1, 1, 1.0]


def test_unsubscribes_bounces_and_complaints_are_counted(tables: Tables) -> None:
    tables.add("email_delivered", "a", "b")
    tables.add("email_unsubscribed", "a")
    tables.add("email_marked_as_spam", "a", "b")
    tables.add("email_bounced", "c")
    columns = ("unsubscribed", "complained", "bounced_soft", "soft_bounce_rate")
    assert tables.figures(*columns) == [1, 2, 1, pytest.approx(1 / 3)]


def test_an_event_without_its_campaign_belongs_to_that_of_its_message(tables: Tables) -> None:
    tables.add("email_delivered", "a")
    tables.add("email_link_clicked", "a", campaign=None, day=2)
    funnel = tables.only_row()
    assert (funnel.campaign_id, funnel.figures["clicked_people"]) == ("1", 1)


def test_a_campaign_has_the_name_that_was_read_last(tables: Tables) -> None:
    tables.add("email_delivered", "a", name="Spring, again", day=2)
    tables.add("email_delivered", "b", name="Spring")
    assert tables.only_row().campaign_name == "Spring, again"


def test_campaigns_come_largest_first_and_add_up(tables: Tables) -> None:
    tables.add("email_delivered", "a", campaign="1")
    tables.add("email_delivered", "b", "c", campaign="2")
    tables.add("email_delivered", "d", campaign=None)
    assert [funnel.campaign_id for funnel in tables.funnels()] == ["2", "", "1"]
    assert read_total(tables.connection).figures["delivered"] == 4


def test_before_anything_was_loaded_there_is_no_funnel(tables: Tables) -> None:
    assert tables.funnels() == []


def test_each_figure_of_the_terminal_is_what_happened() -> None:
    events = Sandbox(messages=800, days=30).truth()
    expected = dict(figures_by_campaign(events))
    out = StringIO()
    with answers(events) as connection:
        funnels, total = read_funnels(connection), read_total(connection)
    Console(file=out, width=140).print(to_funnel_table(funnels, total, width=140))
    everything = figures_of(list(to_messages(events).values()))
    assert {funnel.campaign_id: funnel.figures for funnel in funnels} == {
        campaign: pytest.approx(figures, rel=1e-9) for campaign, figures in expected.items()
    }
    assert total.figures == pytest.approx(everything, rel=1e-9)
    lines = out.getvalue().splitlines()
    for figures in (*(expected[funnel.campaign_id] for funnel in funnels), everything):
        assert [line for line in lines if line.split()[-len(_shown(figures)) :] == _shown(figures)], figures


def _shown(figures: Mapping[str, Figure]) -> list[str]:
    """The words of a line: delivered, then counts and rates."""
    pairs = (
        ("opened_people", "open_rate_people"),
        (None, "privacy_open_share"),
        (None, "bot_open_share"),
        ("clicked_people", "click_rate_people"),
        ("unsubscribed", "unsubscribe_rate"),
        ("bounced_hard", "hard_bounce_rate"),
        ("bounced_soft", "soft_bounce_rate"),
        ("complained", "complaint_rate"),
    )
    words = [f"{figures['delivered']:,}"]
    for count, rate in pairs:
        share = figures[rate]
        words += [f"{figures[count]:,}"] if count else []
        words += ["-" if share is None else f"{share:.1%}"]
    return words


@pytest.mark.parametrize(("share", "rate"), [(1 / 3, "33.3%"), (0.0, "0.0%"), (None, "-")])
def test_a_rate_is_a_percentage_or_a_dash(share: float | None, rate: str) -> None:
    assert to_rate(share) == rate
