"""The period that an answer is about: from `--since` on, before `--until`, by the clock of `--timezone`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timezone, tzinfo
from zoneinfo import ZoneInfo

from program.failure import Failure

Bound = date | datetime
"""A day, or an instant; a `datetime` is a `date` too, so ask for it first."""


@dataclass(frozen=True)
class Period:
    """Instants, `since` included, `until` not; None for no bound. `zone`: whose days are meant by "day"."""

    since: datetime | None = None
    until: datetime | None = None
    zone: tzinfo = timezone.utc


ALL = Period()


def parse_bound(text: str) -> Bound:
    """`2026-01-31`, or `2026-01-31T12:00:00Z`, or with an offset; for argparse."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo:
            return instant.astimezone(timezone.utc)
    raise ArgumentTypeError("must be a date (2026-01-31) or an instant (2026-01-31T12:00:00Z)")


def parse_zone(text: str) -> tzinfo:
    """`Europe/Paris`, for argparse."""
    if text == "UTC":
        return timezone.utc
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ArgumentTypeError("must be the name of a time zone, such as Europe/Paris") from None


def make_period(since: Bound | None, until: Bound | None, zone: tzinfo = timezone.utc) -> Period:
    """The period between two bounds; a day begins at midnight in `zone`. Raises `Failure` if it has no moment."""
    period = Period(_instant(since, zone), _instant(until, zone), zone)
    if period.since and period.until and period.since >= period.until:
        raise Failure("--since must be before --until: the day or instant of --until is not part of the period.")
    return period


def _instant(bound: Bound | None, zone: tzinfo) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    return datetime.combine(bound, time(), zone)
