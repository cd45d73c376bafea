"""Instants as the tables hold them: whole milliseconds since 1970."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    return (instant - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=64)
def from_ms(number: int) -> datetime:
    return _EPOCH + number * _MILLISECOND
