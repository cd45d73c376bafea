"""What the project promises of its requests, speed and memory, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.benchmarks.destination_speed import DEFAULTS
from lab.benchmarks.figures import Race, Speed
from lab.benchmarks.plan import AN_HOUR
from lab.benchmarks.races import (
    BUDGET,
    READING,
    READING_ALONE,
    READING_ON_BUDGET,
    READING_SLOWLY,
    READINGS,
    SENDING,
    SENDING_SLOWLY,
)
from lab.benchmarks.request_goals import Requests, Synced

_NO_IDS = (
    "no listing of Mailjet's takes a list of IDs. So the messages that opens and clicks of older mail are about cost a "
    "request each, or pages of what was opened among the sends of the same hours; and who they are about costs a "
    "request each, or a page for every 1,000 contacts of the account. The floor knows beforehand which rows it needs."
)
_TIMES_THE_PEER = {
    READING: 2,
    READING_ALONE: 2.5,
    READING_SLOWLY: 7.5,
    READING_ON_BUDGET: 7.5,
    SENDING: 6,
    SENDING_SLOWLY: 20,
}


@dataclass(frozen=True)
class Goal:
    """A figure and its bound: `at_least`, or else at most; `why` it is missed, where that is not ours to mend."""

    what: str
    figure: float
    bound: float
    at_least: bool = False
    unit: str = ""
    why: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps to the bound."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def judge(races: Mapping[str, Race], requests: Requests, *, compared: bool) -> list[Goal]:
    """The figures beside their bounds; `compared` says whether each race's second is the peer."""
    first, *later = requests.syncs
    hourly = [sync for sync in later if sync.what.startswith(AN_HOUR)]
    daily = [sync for sync in later if sync not in hourly]
    busiest = max(sync.requests for sync in [sync for sync in hourly if sync.is_quiet] or hourly)
    ours = {title: race.speeds[0] for title, race in races.items()}
    reading_mb = [ours[title].peak_bytes / 1e6 for title in races if title in READINGS]
    goals = [
        Goal("requests per 1,000 events, first sync", first.per_1000, 4),
        *(_daily(sync) for sync in daily),
        Goal("requests of an hourly sync with no history to look up, at worst", busiest, 30, why=_NO_IDS),
        Goal("source: time to the first record", ours[READING].first_s or 0, 1.8, unit=" s"),
        *(
            Goal(f"{title}: CPU an event, start apart", ours[title].cpu_us_each or 0, 18, unit=" us")
            for title in (READING, READING_ALONE)
        ),
        Goal("source: peak memory", max(*reading_mb, first.run.peak_bytes / 1e6), 200, unit=" MB"),
        Goal("destination: peak memory", ours[SENDING].peak_bytes / 1e6, 150, unit=" MB"),
    ]
    if not compared:
        return goals
    return goals + [
        Goal(
            f"{title}: times {_peer(race).what}",
            ours[title].per_s / _peer(race).per_s,
            _TIMES_THE_PEER[title],
            at_least=True,
            why=_beyond_the_floor(first, _peer(race).per_s) if title == READING_ON_BUDGET else "",
        )
        for title, race in races.items()
    ]


def _peer(race: Race) -> Speed:
    """Who the goal names: Airbyte's connector as it comes, and Segment's client as it comes, which drops events."""
    return next((speed for speed in race.speeds if speed.what.endswith(DEFAULTS)), race.speeds[1])


def _beyond_the_floor(first: Synced, peer_per_s: float) -> str:
    per_s = BUDGET * first.events / first.floor
    return (
        ""
        if per_s >= _TIMES_THE_PEER[READING_ON_BUDGET] * peer_per_s
        else (
            f"with the fewest requests that can tell the events of the first sync below, {BUDGET} a second bring "
            f"{per_s:,.0f} events, {per_s / peer_per_s:.1f} times what the peer reads; its own latency keeps the peer "
            "within that budget."
        )
    )


def _daily(sync: Synced) -> Goal:
    allowed = max(20 * sync.events / 1_000, 1.5 * sync.floor)
    return Goal(
        f"requests of the sync {sync.what} (20 per 1,000 events, or 1.5 times the floor)",
        sync.requests,
        allowed,
        why=_NO_IDS,
    )
