"""How much is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from lab.page_opening import CAMPAIGNS

AN_HOUR = "an hour later"


@dataclass(frozen=True)
class Plan:
    """Sizes; the time of a run follows from them."""

    messages: int
    """Of the account that is read for speed."""
    runs: int
    slow_runs: int
    """With latency; 0 leaves these out."""
    peer_s: float
    """So long a peer reads before it is stopped: its rate does not change, and at 100 ms it would read for minutes."""
    slow_peer_s: float
    copies: int
    """Each event of that account is sent so many times, with ids of its own; once with latency."""
    calls: int
    """For Segment's client, without latency."""
    slow_calls: int
    history_messages: int
    """Of the account whose requests are counted."""
    hours: int
    """Hourly syncs after a daily one, and again a day later, when less is going on."""
    load_s: float
    """So long the collector receives in each run."""
    together_s: float
    """So long it receives, resolves and forwards at once; half as long on PostgreSQL."""
    sync_messages: int
    """Of the account that `sync` reads."""
    report_campaigns: int
    openings: int
    """So often a browser opens the report."""

    @property
    def steps(self) -> Mapping[str, timedelta]:
        """The syncs whose requests are counted: how much later than the one before each is."""
        hour, hours = timedelta(hours=1), range(1, self.hours + 1)
        return {
            "first sync": timedelta(0),
            "a day later": 24 * hour,
            **{f"{AN_HOUR} ({number})": hour for number in hours},
            "a day later again": 30 * hour - self.hours * hour,
            **{f"{AN_HOUR} ({self.hours + number})": hour for number in hours},
        }


FULL = Plan(
    messages=60_000,
    runs=3,
    slow_runs=3,
    peer_s=8,
    slow_peer_s=10,
    copies=4,
    calls=40_000,
    slow_calls=6_000,
    history_messages=550_000,
    hours=4,
    load_s=4,
    together_s=60,
    sync_messages=100_000,
    report_campaigns=CAMPAIGNS,
    openings=9,
)
"""Some 15 minutes on two cores, and 5 more if `sync` is compared with its former release."""

QUICK = Plan(
    messages=1_000,
    runs=1,
    slow_runs=0,
    peer_s=10,
    slow_peer_s=10,
    copies=1,
    calls=300,
    slow_calls=100,
    history_messages=1_000,
    hours=1,
    load_s=0.5,
    together_s=4,
    sync_messages=1_000,
    report_campaigns=300,
    openings=1,
)
"""Tries the benchmark itself, in seconds; its figures say nothing."""
