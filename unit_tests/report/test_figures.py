"""Each figure that the page shows, read from its plain HTML, is what SQL on the models says."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import duckdb
import pytest

from mailjet_segment.analytics.metrics import AUDIENCES, Metric, metrics
from mailjet_segment.report.formats import FORMATS, NOTHING, count, duration, rate
from mailjet_segment.report.instants import gaps
from unit_tests.report.tables import Cell, PageTables


@pytest.fixture(scope="module")
def tables(page: str) -> PageTables:
    return PageTables(page)


def by_sql(models: duckdb.DuckDBPyConnection, metric: Metric, where: str = "true") -> list[str]:
    """A metric for each audience, by its definition, as the page writes it."""
    shown = []
    for audience in AUDIENCES:
        condition = metric.numerator.format(audience=audience)
        whole = (metric.denominator or "true").format(audience=audience)
        query = {
            "count": f"SELECT count(*) FROM mailjet__messages WHERE ({condition}) AND {where}",
            "rate": f"SELECT avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END) FROM mailjet__messages"
            f" WHERE ({whole}) AND {where}",
            "duration": f"SELECT quantile_cont({metric.value}, {metric.quantile}) FROM mailjet__messages"
            f" WHERE ({condition}) AND {where}",
        }[metric.kind]
        [(value,)] = models.execute(query).fetchall()
        shown.append(FORMATS[metric.kind](value))
    return shown


def texts(row: list[Cell], column: int) -> list[str]:
    return row[column].all_texts


def test_every_metric_has_its_figure_by_its_definition(tables: PageTables, models: duckdb.DuckDBPyConnection) -> None:
    rows = tables.rows["definitions-table"]
    assert len(rows) == len(metrics())
    for row, metric in zip(rows, metrics().values(), strict=True):
        assert row[0].text == metric.title
        figures = [cell.text for cell in row[1:-1]]
        assert (figures if metric.has_audience else figures * 3) == by_sql(models, metric), metric.name
        assert metric.sentence in row[-1].text
        assert metric.left_out in row[-1].text


def test_the_funnel_counts_messages_and_compares_each_step_with_the_one_before(
    tables: PageTables, models: duckdb.DuckDBPyConnection
) -> None:
    known = metrics()
    steps = (
        ("messages", None),
        ("delivered", "delivery_rate"),
        ("opened", "open_rate"),
        ("clicked", "click_to_open_rate"),
    )
    for row, (step, share) in zip(tables.rows["funnel-table"], steps, strict=True):
        assert texts(row, 1) == by_sql(models, known[step])
        assert texts(row, 2) == (by_sql(models, known[share]) if share else [""] * 3)


CAMPAIGN_COLUMNS = [
    "delivered",
    "delivery_rate",
    "open_rate",
    "click_rate",
    "click_to_open_rate",
    "hard_bounce_rate",
    "soft_bounce_rate",
    "unsubscribe_rate",
    "complaint_rate",
]


def test_every_campaign_has_its_figures(tables: PageTables, models: duckdb.DuckDBPyConnection) -> None:
    found = models.execute(
        "SELECT coalesce(campaign_id, ''), max(campaign_name), count(*) FROM mailjet__messages"
        " GROUP BY 1 ORDER BY 3 DESC, 1"
    ).fetchall()
    rows = tables.rows["campaigns-table"]
    assert len(rows) == len(found) == 30
    for row, (campaign_id, name, _) in zip(rows, found, strict=True):
        assert row[0].text == (name or "No campaign")
        where = f"coalesce(campaign_id, '') = '{campaign_id}'"
        for column, metric in enumerate(CAMPAIGN_COLUMNS, 3):
            assert texts(row, column) == by_sql(models, metrics()[metric], where), (name, metric)


def test_who_left_is_counted_by_campaign(tables: PageTables, models: duckdb.DuckDBPyConnection) -> None:
    found = models.execute(
        "SELECT campaign_name, count(*) FILTER (WHERE was_delivered AND complained_at IS NOT NULL),"
        " count(*) FILTER (WHERE was_delivered AND unsubscribed_at IS NOT NULL) FROM mailjet__messages"
        " GROUP BY 1 HAVING count(complained_at) + count(unsubscribed_at) > 0"
    ).fetchall()
    shown = [(row[0].text, row[2].text, row[4].text) for row in tables.rows["departures-table"]]
    assert sorted(shown) == sorted((name or "No campaign", count(spam), count(gone)) for name, spam, gone in found)


def test_providers_have_their_figures_and_gmail_no_complaint_rate(
    tables: PageTables, models: duckdb.DuckDBPyConnection
) -> None:
    rows = {row[0].text: row for row in tables.rows["providers-table"]}
    assert {"Gmail", "Yahoo", "Microsoft", "Apple"} <= set(rows)
    for provider in ("Gmail", "Yahoo", "Microsoft", "Apple"):
        where, row = f"provider = '{provider}'", rows[provider]
        columns = "messages", "delivery_rate", "hard_bounce_rate", "soft_bounce_rate", "open_rate", "click_rate"
        for column, metric in enumerate(columns, 1):
            assert texts(row, column) == by_sql(models, metrics()[metric], where), (provider, metric)
    assert rows["Gmail"][7].text == "not reported by Gmail"
    assert len(rows["Gmail"]) == 8
    yahoo = rows["Yahoo"]
    assert texts(yahoo, 7) == by_sql(models, metrics()["complaint_rate"], "provider = 'Yahoo'")
    low, high = (float(part.removesuffix("%")) for part in yahoo[8].text.split(" to "))
    assert low <= float(yahoo[7].text.removesuffix("%")) <= high


def test_bounce_reasons_are_all_messages_that_were_not_delivered(
    tables: PageTables, models: duckdb.DuckDBPyConnection
) -> None:
    rows = tables.rows["bounces-table"]
    shown = sum(int(row[2].text.replace(",", "")) for row in rows)
    names = ("bounced_hard", "bounced_soft", "blocked")
    assert shown == sum(int(by_sql(models, metrics()[name])[0].replace(",", "")) for name in names)
    assert {row[1].text for row in rows} == {"hard", "soft", "blocked"}
    assert "preblocked" in {row[0].text for row in rows}


def test_the_clock_counts_each_opened_message_once_in_its_hour(
    tables: PageTables, models: duckdb.DuckDBPyConnection
) -> None:
    rows = tables.rows["clock-table"]
    assert len(rows) == 24
    for place, audience in enumerate(AUDIENCES):
        shown = sum(int(cell.all_texts[place].replace(",", "")) for row in rows for cell in row[1:])
        [(opened,)] = models.execute(f"SELECT count(*) FROM mailjet__messages WHERE opened_{audience}").fetchall()
        assert shown == opened, audience
    [(at_nine,)] = models.execute(
        "SELECT count(*) FROM mailjet__messages WHERE opened_people AND hour(first_open_at) = 9"
        " AND isodow(first_open_at) = 2"
    ).fetchall()
    assert rows[9][2].text == count(at_nine)


def test_days_links_and_recipients_are_those_of_the_models(
    tables: PageTables, models: duckdb.DuckDBPyConnection
) -> None:
    sent = models.execute(
        "SELECT count(*) FROM mailjet__messages GROUP BY sent_at::DATE ORDER BY min(sent_at)"
    ).fetchall()
    assert [row[1].text for row in tables.rows["days-table"]] == [count(messages) for (messages,) in sent]
    links = models.execute(
        "SELECT messages_people, messages_all, clicks_human, clicks_human + clicks_bot, share_of_delivered"
        " FROM mailjet__links ORDER BY messages_people DESC, messages_all DESC, campaign_id, link_id LIMIT 100"
    ).fetchall()
    for row, (people, everybody, human, clicks, share) in zip(tables.rows["links-table"], links, strict=True):
        assert texts(row, 2) == [count(people), count(people), count(everybody)]
        assert texts(row, 3) == [count(human), count(human), count(clicks)]
        assert row[4].text == rate(share)
    states = dict(models.execute("SELECT state, count(*) FROM mailjet__recipients GROUP BY 1").fetchall())
    shown = {row[0].text.lower(): row[2].text for row in tables.rows["people-table"][:-1]}
    assert {state: shown[state] for state in states} == {state: count(number) for state, number in states.items()}


def test_freshness_names_the_last_event_and_each_gap(page: str, models: duckdb.DuckDBPyConnection) -> None:
    tables = PageTables(page)
    [(events, last)] = models.execute(
        "SELECT count(*), max(epoch(happened_at)::BIGINT) FROM mailjet__events"
    ).fetchall()
    whole = tables.rows["freshness-table"][-1]
    at = datetime.fromtimestamp(last, timezone.utc)
    assert whole[1].text == count(events)
    assert whole[3].text == f"{at.day} {at:%b %Y, %H:%M}"
    days = [day for (day,) in models.execute("SELECT DISTINCT happened_at::DATE FROM mailjet__events").fetchall()]
    all_days = {min(days) + timedelta(days=number) for number in range((max(days) - min(days)).days)}
    missing = sorted(all_days - set(days))
    assert missing
    assert f"{len(missing)} days without any event: {missing[0].day} {missing[0]:%b %Y}" in page


def test_gaps_are_the_stretches_between_known_days() -> None:
    known = [date(2026, 2, 27), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 6)]
    assert gaps(known) == [(date(2026, 2, 28), date(2026, 2, 28)), (date(2026, 3, 3), date(2026, 3, 5))]
    assert gaps([]) == gaps(known[1:3]) == []


def test_a_duration_is_written_in_its_two_largest_units() -> None:
    assert [duration(seconds) for seconds in (None, 42, 780, 7500, 273_600)] == [
        NOTHING,
        "42 s",
        "13 min",
        "2 h 05 min",
        "3 d 4 h",
    ]


def test_messages_of_no_campaign_are_not_counted_as_a_campaign(page: str, models: duckdb.DuckDBPyConnection) -> None:
    [(campaigns, nameless)] = models.execute(
        "SELECT count(*) FILTER (campaign_id <> ''), count(*) FILTER (campaign_id = '') FROM mailjet__campaigns"
    ).fetchall()
    assert nameless == 1
    assert f" messages, of {campaigns} campaigns and of none, to " in page
