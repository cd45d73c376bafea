"""The account's clock: an instant that stands still until it is moved, or the machine's own time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Literal


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
