"""When people open: first opens by hour and weekday; and the outcomes of each day's messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

import duckdb

from mailjet_segment.analytics.metrics import metrics
from mailjet_segment.report.audience import AUDIENCES, Figure, each_audience
from mailjet_segment.report.instants import slot, to_local

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STEPS = ("messages", "delivered", "opened", "clicked")
"""The metrics that are shown by day."""
MOST_DAYS = 100
MOST_WEEKS = 120
"""Above that, days are gathered to weeks, and weeks to months."""


@dataclass(frozen=True)
class Week:
    """`hours[hour][weekday]`: first opens; `highest`: the largest of them, for each audience."""

    hours: Sequence[Sequence[Figure]]
    highest: Figure


@dataclass(frozen=True)
class Stretch:
    """The messages sent from the day `first` on, until `until`, and their outcomes."""

    first: date
    until: date
    messages: int
    delivered: int
    opened: Figure
    clicked: Figure


def read_week(connection: duckdb.DuckDBPyConnection, zone: tzinfo) -> Week:
    """By the time of the open, not of the send; a message counts once."""
    counts: dict[tuple[int, int, str], int] = defaultdict(int)
    query = each_audience(
        lambda name, opened_at: (
            f"""
        SELECT '{name}', {slot(opened_at)}, count(*) FROM mailjet__messages WHERE opened_{name} GROUP BY 1, 2"""
        )
    )
    for name, second, count in connection.execute(query).fetchall():
        at = to_local(second, zone)
        counts[at.hour, at.weekday(), name] += count

    def figure(hour: int, weekday: int) -> Figure:
        return Figure(tuple(counts[hour, weekday, audience.name] for audience in AUDIENCES))

    hours = [[figure(hour, weekday) for weekday in range(7)] for hour in range(24)]
    highest = [max((cell.of(place) or 0) for row in hours for cell in row) for place in range(len(AUDIENCES))]
    return Week(hours, Figure(tuple(highest)))


def read_stretches(connection: duckdb.DuckDBPyConnection, zone: tzinfo) -> list[Stretch]:
    """By the day of the send; weeks or months if there are many days. A stretch without a send is left out."""
    steps = [metrics()[name] for name in STEPS]
    columns = [column for metric in steps for column in metric.expressions.values()]
    found = connection.execute(
        f"SELECT {slot('sent_at')}, {', '.join(columns)} FROM mailjet__messages WHERE sent_at IS NOT NULL GROUP BY 1"
    ).fetchall()
    by_day: dict[date, list[int]] = {}
    for second, *counts in found:
        day = to_local(second, zone).date()
        by_day[day] = [a + b for a, b in zip(by_day.get(day, [0] * len(counts)), counts, strict=True)]
    return [_stretch(first, until, counts) for (first, until), counts in _gathered(by_day).items()]


def _stretch(first: date, until: date, counts: Sequence[int]) -> Stretch:
    messages, delivered, *audiences = counts
    return Stretch(first, until, messages, delivered, Figure(tuple(audiences[:3])), Figure(tuple(audiences[3:])))


def _gathered(by_day: Mapping[date, list[int]]) -> Mapping[tuple[date, date], list[int]]:
    if not by_day:
        return {}
    days = (max(by_day) - min(by_day)).days + 1
    bounds = _day if days <= MOST_DAYS else _week if days <= MOST_WEEKS * 7 else _month
    gathered: dict[tuple[date, date], list[int]] = {}
    for day in sorted(by_day):
        counts, key = by_day[day], bounds(day)
        gathered[key] = [a + b for a, b in zip(gathered.get(key, [0] * len(counts)), counts, strict=True)]
    return gathered


def _day(day: date) -> tuple[date, date]:
    return day, day + timedelta(days=1)


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)
