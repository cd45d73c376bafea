"""The tables at the end of a sync can be read on a terminal and in a log."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from mailjet_segment.analytics.metrics import metrics
from mailjet_segment.funnel import Figures, Funnel
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.summary import to_calls_table, to_funnel_table, to_tables_table

Printed = Callable[[RenderableType], str]


@pytest.fixture
def printed() -> Printed:
    def render(table: RenderableType) -> str:
        out = StringIO()
        make_console(out).print(table)
        return out.getvalue()

    return render


FIGURES: Figures = {
    **{column: 0.0 for metric in metrics().values() for column in metric.columns},
    "opened_people": 40,
    "open_rate_people": 0.4,
    "bot_open_share": 0.03,
    "clicked_people": 10,
    "click_rate_people": 0.1,
    "unsubscribed": 2,
    "unsubscribe_rate": 0.02,
    "bounced_hard": 5,
    "hard_bounce_rate": 5 / 105,
    "complained": 1,
    "complaint_rate": 0.01,
}


def funnel(name: str, delivered: int = 100) -> Funnel:
    """A campaign of which 40 messages were opened by people and 3 by software only."""
    return Funnel("7", name, {**FIGURES, "delivered": delivered})


TOTAL = Funnel("", None, {**FIGURES, "delivered": 4_000})


def test_loaded_and_all_rows_stand_beside_each_table(printed: Printed) -> None:
    text = printed(to_tables_table({"email_opened": 20}, {"email_opened": 120, "email_bounced": 3, "tracks": 123}))
    assert [line.split() for line in text.splitlines()[2:]] == [
        ["email_opened", "20", "120"],
        ["email_bounced", "0", "3"],
        ["tracks", "20", "123"],
    ]


def test_calls_are_listed_by_event_name_with_their_sum(printed: Printed) -> None:
    text = printed(to_calls_table("Accepted by Segment", {"Email Opened": 3, "Email Delivered": 1_000}))
    assert text.index("Email Delivered") < text.index("Email Opened")
    assert "1,003" in text


def test_a_funnel_shows_counts_and_rates(printed: Printed) -> None:
    text = printed(to_funnel_table([funnel("Spring")], TOTAL, 132))
    assert "40 40.0%" in text
    assert "5  4.8%" in text
    assert "3.0%" in text
    assert [metrics()[name].short in text for name in ("privacy_open_share", "bot_open_share")] == [True, True]


def test_a_campaigns_name_is_shown_as_it_is(printed: Printed) -> None:
    assert "[red]Sale[/red]" in printed(to_funnel_table([funnel("[red]Sale[/red]")], TOTAL, 132))


def test_campaigns_of_one_name_are_told_apart_by_their_ids(printed: Printed) -> None:
    text = printed(to_funnel_table([funnel("Weekly"), funnel("Weekly"), funnel("Spring")], TOTAL, 132))
    assert text.count("Weekly 7 ") == 2
    assert "Spring 7" not in text


def test_a_terminal_of_80_columns_cuts_no_number() -> None:
    out = StringIO()
    Console(file=out, width=80).print(
        to_funnel_table([funnel("A campaign with a long name", delivered=10_000)], TOTAL, width=80)
    )
    assert out.getvalue().count("1  1.0%") == 2
    assert metrics()["bot_open_share"].short not in out.getvalue()


def test_small_campaigns_are_counted_not_listed(printed: Printed) -> None:
    text = printed(to_funnel_table([funnel(f"Campaign {number}") for number in range(40)], TOTAL, 132))
    assert "and 25 more" in text
    assert "4,000" in text


def test_without_a_terminal_a_step_says_where_it_is_every_half_minute_and_at_its_end() -> None:
    out, seconds = StringIO(), 0.0
    progress = Progress(make_console(out), lambda: seconds)
    with progress.step("Events read") as step:
        for _ in range(70):
            seconds += 1
            step.add()
    assert out.getvalue().splitlines() == ["Events read: 30", "Events read: 60", "Events read: 70 (70.0 s)"]


def test_warnings_go_to_a_console_of_their_own_and_quiet_silences_the_other() -> None:
    out, err = StringIO(), StringIO()
    progress = Progress(make_console(out, quiet=True), lambda: 0.0, make_console(err))
    with progress.step("Events read") as step:
        step.add()
        step.warn("tracking is off")
    assert (out.getvalue(), err.getvalue()) == ("", "  tracking is off\n")


def test_a_console_whose_reader_is_gone_prints_into_nothing() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        os.close(reader)
        progress = Progress(make_console(stream), lambda: 0.0)
        progress.say("one")
        progress.say("two")
