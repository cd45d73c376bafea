"""The wait that an answer of any service asks for (RFC 9110)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

_UNIX_TIME_BEGINS_AT = 1e9
"""A reset that is given in seconds from now is never this large; one that is given as Unix time always is."""


def parse_retry_after(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds to wait by `Retry-After`, a number or an HTTP date; None if there is none. `headers` ignores case."""
    text = headers.get("Retry-After")
    until_s = parse_http_date(text)
    return _parse_seconds(text) if until_s is None else max(0.0, until_s - _server_now(headers, now_s))


def parse_rate_limit_reset(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds to wait by `X-RateLimit-Reset`. Nobody documents its unit: it may be Unix time, or seconds from now."""
    wait_s = _parse_seconds(headers.get("X-RateLimit-Reset"))
    if wait_s is None or wait_s < _UNIX_TIME_BEGINS_AT:
        return wait_s
    return max(0.0, wait_s - _server_now(headers, now_s))


def parse_http_date(text: str | None) -> float | None:
    """An HTTP date as Unix seconds (in UTC, if it names no zone); None for anything else."""
    try:
        date = parsedate_to_datetime(text or "")
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _server_now(headers: Mapping[str, str], now_s: float) -> float:
    """The time by the server's clock, from which its dates count; `now_s` is this machine's."""
    date_s = parse_http_date(headers.get("Date"))
    return now_s if date_s is None else date_s


def _parse_seconds(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
