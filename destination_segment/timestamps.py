"""The time of a record's event, in any form that a source may use."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from segment_events.instants import format_instant, to_utc

_MILLISECONDS_FROM = 100_000_000_000
"""A number as large as this counts milliseconds: as seconds it would be after the year 5138."""

_FARTHEST = 10**15
"""A number as large as this is no time, neither in seconds nor in milliseconds."""

_DATE = re.compile(r"(19|20)[0-9]{6}")
"""Eight digits that no clock has shown since August 1970: a date without its hyphens, if it is one that exists."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DOWNWARD = Context(rounding=ROUND_FLOOR)

_ISO = re.compile(
    r"(?P<year>\d{4})(-?)(?P<month>\d\d)\2(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"\s*(?P<offset>Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
"""A date, or a date and time, as ISO 8601 writes them long and short."""


def to_timestamp(value: Any) -> str:
    """The instant as Segment takes it, in UTC, to the microsecond; finer digits are cut off, never rounded up.

    A date is its midnight in UTC, a time without an offset is in UTC. A number, or a text that is one, counts the
    seconds since 1970, or the milliseconds; but the text `20260131` is a date. Raises `ValueError` for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        if text[4:5] == "-":
            with suppress(ValueError):
                return to_utc(text)
        return _from_unix(Decimal(text)) if _counts(text) else to_utc(_in_full(text))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _from_unix(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    raise ValueError("neither a text nor a number")


def _counts(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and not _DATE.fullmatch(text)


def _in_full(text: str) -> str:
    """A date or time with all that ISO 8601 lets a writer leave out, and no more than microseconds."""
    match = _ISO.fullmatch(text)
    if not match:
        raise ValueError("not an ISO 8601 date or time")
    part = match.groupdict(default="00")
    date, time = f"{part['year']}-{part['month']}-{part['day']}", f"{part['hour']}:{part['minute']}:{part['second']}"
    return f"{date}T{time}.{part['fraction'][:6]}{match['offset'] or 'Z'}"


def _from_unix(number: Decimal) -> str:
    if not -_FARTHEST < number < _FARTHEST:
        raise ValueError("a time out of range")
    per_unit = Decimal(1_000_000 if number.copy_abs() < _MILLISECONDS_FROM else 1_000)
    whole = int(_DOWNWARD.multiply(number, per_unit).to_integral_value(ROUND_FLOOR))
    try:
        return format_instant(_EPOCH + timedelta(microseconds=whole))
    except OverflowError:
        raise ValueError("a time out of range") from None
