"""How long a response asks to be left alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

_EPOCH_BEGINS_AT = 1e9
"""A reset given in seconds from now is never this large, one given as Unix time always is."""


def asked_wait_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds by `Retry-After` (a number or an HTTP date, RFC 9110), else by `X-RateLimit-Reset`; None without either.

    Segment's documentation names `X-RateLimit-Reset` without its unit: Unix time and seconds from now are both
    understood. A date is measured on the server's own clock where it sent one.
    """
    server_now = _parse_date(headers.get("date")) or now
    after = headers.get("retry-after")
    if after is not None:
        until = _parse_date(after)
        wait_s = (until - server_now).total_seconds() if until else _parse_number(after)
    else:
        wait_s = _parse_number(headers.get("x-ratelimit-reset"))
        if wait_s is not None and wait_s >= _EPOCH_BEGINS_AT:
            wait_s -= server_now.timestamp()
    return None if wait_s is None else max(0.0, wait_s)


def _parse_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _parse_date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
