"""How many events posts have brought today (UTC), for the page. Metrics count since the start instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime


class Today:
    """Counts of one collector by account and kind, which begin at its start or at midnight, whichever is later."""

    def __init__(self, now: datetime) -> None:
        self.since = now
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, account: str, kinds: Mapping[str, int], now: datetime) -> None:
        self._turn(now)
        for kind, count in kinds.items():
            self._counts[account, kind] += count

    def count(self, account: str, kind: str, now: datetime) -> int:
        self._turn(now)
        return self._counts[account, kind]

    def _turn(self, now: datetime) -> None:
        if now.date() != self.since.date():
            self.since = now.replace(hour=0, minute=0, second=0, microsecond=0)
            self._counts.clear()
