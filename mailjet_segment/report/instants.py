"""From Unix seconds in the tables to days, hours and words in the time zone of the report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise

SLOT_S = 900
"""Events are counted by quarters of an hour: no time zone is offset by less."""


def slot(column: str) -> str:
    """SQL: the Unix second at which the quarter of an hour begins."""
    return f"(epoch({column})::BIGINT // {SLOT_S} * {SLOT_S})"


def seconds(column: str) -> str:
    """SQL: the Unix second; Python gets no time with a zone from DuckDB without a package for it."""
    return f"epoch({column})::BIGINT"


def to_local(second: int, zone: tzinfo) -> datetime:
    """The time on the clocks of `zone`."""
    return datetime.fromtimestamp(second, timezone.utc).astimezone(zone)


def gaps(days: Iterable[date]) -> list[tuple[date, date]]:
    """The stretches of days, both ends included, that lie between two of `days` and are not among them."""
    known = sorted(set(days))
    day = timedelta(days=1)
    return [(a + day, b - day) for a, b in pairwise(known) if b - a > day]
