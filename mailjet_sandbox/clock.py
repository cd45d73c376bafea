"""The account's clock: an instant that stands still until it is moved, or the machine's own time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Literal

DEFAULT_NOW = datetime(2025, 6, 1, tzinfo=timezone.utc)
"""Where the clock stands by default: in the past of every machine, since a reader may not read its own future."""


class Clock:
    """`now()` is an aware UTC datetime."""

    def __init__(self, at: datetime | Literal["real"]) -> None:
        self._at = at
        self.set(at)

    def set(self, at: datetime | Literal["real"]) -> None:
        """Moves the clock, forward or back; raises `ValueError` for an instant without a time zone."""
        if isinstance(at, datetime):
            if at.tzinfo is None:
                raise ValueError("the account's clock needs an instant with a time zone")
            at = at.astimezone(timezone.utc)
        self._at = at

    def now(self) -> datetime:
        """What time it is."""
        return self._at if isinstance(self._at, datetime) else datetime.now(timezone.utc)
