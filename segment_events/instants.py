"""Points in time between text and aware UTC datetimes. Text is parsed once, when it enters."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?"
)
_IN_UTC = re.compile(
    r"[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)
"""The form that `format_instant` gives to whole seconds, but for 29 February."""
HOUR_S = 3600
_ENDS = tuple(f":{second // 60:02}:{second % 60:02}Z" for second in range(HOUR_S))
"""The minute and second of an instant, by the second of its hour."""
_SECONDS = {end: second for second, end in enumerate(_ENDS)}


def parse_instant(text: str) -> datetime:
    """An ISO 8601 date and time as an aware UTC datetime, to the microsecond; without an offset it is UTC already.

    Raises `ValueError` for anything else: a bare date, a number, an impossible day.
    """
    match = _INSTANT.fullmatch(text.strip())
    if not match:
        raise ValueError("not an ISO 8601 date and time")
    year, month, day, hour, minute, second = (int(number) for number in match.groups()[:6])
    fraction, offset = match.group(7) or "", match.group(8)
    microsecond = int(fraction[:6].ljust(6, "0"))
    local = datetime(year, month, day, hour, minute, second, microsecond, timezone.utc)
    try:
        return local - _parse_offset(offset)
    except OverflowError as error:
        raise ValueError("a date and time out of range") from error


def _parse_offset(offset: str | None) -> timedelta:
    if offset is None or offset in {"Z", "z", "UTC"}:
        return timedelta()
    hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError("an offset from UTC that cannot be")
    away = timedelta(hours=hours, minutes=minutes)
    return -away if offset[0] == "-" else away


def format_instant(instant: datetime) -> str:
    """`2026-01-31T23:59:59Z`, with a fraction of up to six digits if there is one."""
    utc = instant if instant.tzinfo is timezone.utc else instant.astimezone(timezone.utc)
    text = utc.isoformat()[:-6]
    return f"{text.rstrip('0')}Z" if utc.microsecond else f"{text}Z"


def to_utc(text: str) -> str:
    """`format_instant(parse_instant(text))`, without parsing if `text` has that form already.

    Raises `ValueError`, and `TypeError` if the value is no text.
    """
    return text if _IN_UTC.fullmatch(text) else format_instant(parse_instant(text))


def unix_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    return int(instant.replace(microsecond=0).timestamp())


def format_second(second: int) -> str:
    """Unix seconds as `2026-01-31T23:59:59Z`. Events are many and hours are few, so those are remembered."""
    return _format_hour(second // HOUR_S) + _ENDS[second % HOUR_S]


@lru_cache(maxsize=4096)
def _format_hour(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR_S, timezone.utc).isoformat()[:13]


def parse_second(text: str) -> int:
    """The second that `format_second` wrote; raises `KeyError` or `ValueError` for any other form."""
    return _parse_hour(text[:13]) + _SECONDS[text[13:]]


@lru_cache(maxsize=4096)
def _parse_hour(text: str) -> int:
    hour = datetime.fromisoformat(f"{text}:00:00+00:00")
    if hour.isoformat()[:13] != text:
        raise ValueError("another form of a date and hour")
    return int(hour.timestamp())
