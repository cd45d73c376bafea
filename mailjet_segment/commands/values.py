"""From the text of an option to its value; a text that is none is explained by argparse."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import suppress
from datetime import datetime, timezone


def positive(text: str) -> int:
    """A whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be 1 or more")
    return number


def port(text: str) -> int:
    """A port whose next one is a port too; 0 is any that is free."""
    number = int(text)
    if not 0 <= number < 65_535:
        raise ArgumentTypeError("must be from 1 to 65534, or 0 for any that is free")
    return number


def day_or_instant(text: str) -> datetime:
    """`2026-01-31` (midnight UTC) or `2026-01-31T12:00:00Z`."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    raise ArgumentTypeError("must be a date (2026-01-31) or an instant (2026-01-31T12:00:00Z)")


def positive_hours(text: str) -> float:
    """Hours above 0, with or without a fraction."""
    hours = float(text)
    if not 0 < hours < 1_000_000:
        raise ArgumentTypeError("must be a number of hours above 0")
    return hours
