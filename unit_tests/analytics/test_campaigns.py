"""Each figure of each campaign is what happened, by a computation that knows nothing of the models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from lab.metric_files import read_definitions, to_expression
from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.user_agents import UserAgent
from mailjet_segment.analytics.metrics import AUDIENCES, Metric
from unit_tests.analytics.answers_of_truth import answers
from unit_tests.analytics.message_truth import Figure, Message, figures_by_campaign, to_messages

Answers = duckdb.DuckDBPyConnection
Figures = Mapping[str, Mapping[str, Figure]]

APPLES = UserAgent(91, "Unknown", "Unknown", False, False, "Mozilla/5.0")
UNKNOWN = UserAgent(93, "Unknown", "Unknown", False, False, "")
BROWSER = UserAgent(94, "Chrome 120", "Windows 10", False, False, "Mozilla/5.0 (Windows NT 10.0)")
SCANNER = UserAgent(92, "Unknown", "Unknown", False, False, "ProofPoint URL Defense")
LINKS = ("https://shop.example.com/a", "https://shop.example.com/b", "https://shop.example.com/c")
COLUMNS = [column for metric in read_definitions() for column in metric.columns]


def demo_events() -> list[Happened]:
    return Sandbox(messages=2_000, days=30).truth(with_blocked=True)


Plant = Callable[[Happened], list[Happened]]

PLANTS: Mapping[int, Plant] = {
    5: lambda mail: [_reaction(mail, "opened", 3, agent=APPLES)],
    11: lambda mail: [
        _reaction(mail, "opened", 5),
        *(_reaction(mail, "clicked", 4 + place, url=url) for place, url in enumerate(LINKS)),
    ],
    13: lambda mail: [_reaction(mail, "bounced", 900, bounce_type="soft")],
    17: lambda mail: [_reaction(mail, "opened", 7, agent=UNKNOWN if mail.at.second % 2 else None)],
    19: lambda mail: [_reaction(mail, "opened", 60, agent=SCANNER), _reaction(mail, "clicked", 2, url=LINKS[0])],
    23: lambda mail: [_reaction(mail, "clicked", 6, url=url) for url in LINKS[:2]],
    29: lambda mail: [_reaction(mail, "clicked", second, url=LINKS[0]) for second in (5, 6, 7)],
    31: lambda mail: [
        *(_reaction(mail, "clicked", 6, url=url) for url in LINKS[:2]),
        _reaction(mail, "opened", 7_200, agent=APPLES),
    ],
    37: lambda mail: [_reaction(mail, "opened", -20, agent=BROWSER)],
}
"""What is done with every so many-th message: privacy proxies, scanners of all kinds, a late bounce; people who click
one link thrice, or whose open is listed before the delivery."""


def planted(events: list[Happened]) -> list[Happened]:
    """With privacy proxies, scanners, and messages that were delivered before the tables begin."""
    messages = to_messages(events)
    deliveries = [event for event in events if event.kind == "delivered"]
    more: list[Happened] = []
    for number, delivery in enumerate(deliveries):
        more += [event for every, events_of in PLANTS.items() if number % every == 0 for event in events_of(delivery)]
    gone = {delivery.id for number, delivery in enumerate(deliveries) if number % 9 == 0}
    gone |= {f"mailjet-delivered-{email_id}" for email_id, message in messages.items() if _objected_early(message)}
    return [event for event in (*events, *more) if event.id not in gone]


def _objected_early(message: Message) -> bool:
    return any(at.day % 3 == 0 for kind in ("unsubscribed", "spam") for at in message.times(kind))


def _reaction(delivery: Happened, kind: str, after_s: int, url: str | None = None, **more: Any) -> Happened:
    at = delivery.at + timedelta(seconds=after_s)
    return replace(delivery, kind=kind, at=at, link_url=url, click_delay_s=after_s if url else None, **more)


@pytest.fixture(scope="module", params=["demo", "planted", "computed"])
def account(request: pytest.FixtureRequest) -> Iterator[tuple[Answers, list[Happened]]]:
    if request.param == "computed":
        events = list(Sandbox(account=newsletter_account(10_000)).iterate_happened())
    else:
        events = demo_events() if request.param == "demo" else planted(demo_events())
    with answers(events) as connection:
        yield connection, events


@pytest.fixture(scope="module")
def planted_account() -> Iterator[tuple[Answers, Figures]]:
    events = planted(demo_events())
    with answers(events) as connection:
        yield connection, figures_by_campaign(events)


def rows(connection: Answers, table: str, key: str, columns: list[str]) -> dict[str, dict[str, Any]]:
    found = connection.execute(f"SELECT {key}, {', '.join(columns)} FROM {table}").fetchall()
    return {str(first): dict(zip(columns, values, strict=True)) for first, *values in found}


def test_each_figure_of_each_campaign_is_what_happened(account: tuple[Answers, list[Happened]]) -> None:
    connection, events = account
    expected = figures_by_campaign(events)
    computed = rows(connection, "mailjet__campaigns", "campaign_id", COLUMNS)
    assert len(expected) > 10
    assert set(computed) == set(expected)
    for campaign, figures in expected.items():
        assert computed[campaign] == pytest.approx(figures, rel=1e-9, nan_ok=False), campaign


def test_each_message_is_as_it_happened(account: tuple[Answers, list[Happened]]) -> None:
    connection, events = account
    columns = ["outcome", "delivered_at", "first_open_at", "seconds_to_open", "is_known"]
    columns += [f"{what}_{audience}" for what in ("opened", "clicked") for audience in AUDIENCES]
    computed = rows(connection, "mailjet__messages", "email_id", columns)
    expected = to_messages(events)
    assert set(computed) == set(expected)
    wrong = {
        email_id: (computed[email_id], should)
        for email_id, message in expected.items()
        if computed[email_id] != (should := _columns_of(message))
    }
    assert not dict(list(wrong.items())[:3])


def _columns_of(message: Message) -> dict[str, Any]:
    return {
        "outcome": message.outcome,
        "delivered_at": _plain(message.delivered_at),
        "first_open_at": _plain(message.first_open_at),
        "seconds_to_open": message.seconds_to_open,
        "is_known": message.is_known,
        **{f"opened_{audience}": message.opened(audience) for audience in AUDIENCES},
        **{f"clicked_{audience}": message.clicked(audience) for audience in AUDIENCES},
    }


def _plain(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at else None


def test_the_planted_account_has_every_kind_of_actor_by_every_rule(planted_account: tuple[Answers, Figures]) -> None:
    connection, _ = planted_account
    found = connection.execute("SELECT DISTINCT actor_rule FROM mailjet__events WHERE actor IS NOT NULL").fetchall()
    assert {rule for (rule,) in found} == {
        "flagged_by_mailjet",
        "agent_of_software",
        "links_at_once",
        "faster_than_people",
        "open_beside_scanner",
        "confirmed_by_click",
        "prefetch_agent",
        "prefetch_at_delivery",
        "no_sign_of_software",
    }


def _changed(metric: Metric) -> Iterator[Metric]:
    """The metric with each part of its definition changed in each way that somebody might."""
    for other in _other_conditions(metric.numerator):
        yield replace(metric, numerator=other)
    for other in _other_conditions(metric.denominator or ""):
        yield replace(metric, denominator=other)
    if metric.value:
        yield replace(metric, value="seconds_to_click")
        yield replace(metric, quantile=0.6)


def _other_conditions(condition: str) -> Iterator[str]:
    """The opposite, the condition without each of its terms, and that of another audience."""
    if condition:
        yield f"not ({condition})"
    word = " or " if " or " in condition else " and "
    terms = condition.split(word)
    for place in range(len(terms) if len(terms) > 1 else 0):
        yield word.join(terms[:place] + terms[place + 1 :])
    if "{audience}" in condition:
        yield condition.replace("{audience}", "with_privacy")


@pytest.mark.parametrize("metric", read_definitions(), ids=lambda metric: metric.name)
def test_a_changed_definition_gives_other_figures(metric: Metric, planted_account: tuple[Answers, Figures]) -> None:
    connection, expected = planted_account
    assert not _differs(connection, metric, expected)
    changes = list(_changed(metric))
    assert changes
    assert [changed for changed in changes if not _differs(connection, changed, expected)] == []


def _differs(connection: Answers, metric: Metric, expected: Figures) -> bool:
    """Whether a definition gives anything else than what happened, for any campaign and audience."""
    audiences = AUDIENCES if metric.has_audience else ("",)
    columns = [metric.column.format(audience=audience) for audience in audiences]
    sql = [_in_duckdb(to_expression(metric, audience)) for audience in audiences]
    found = connection.execute(f"SELECT campaign_id, {', '.join(sql)} FROM mailjet__messages GROUP BY campaign_id")
    return any(
        value != pytest.approx(expected[campaign][column])
        for campaign, *values in found.fetchall()
        for column, value in zip(columns, values, strict=True)
    )


def _in_duckdb(expression: str) -> str:
    plain = expression.replace("{{ mailjet_double() }}", "double")
    return re.sub(r'{{ mailjet_percentile\("(.+)", (.+)\) }}', r"percentile_cont(\2) WITHIN GROUP (ORDER BY \1)", plain)
