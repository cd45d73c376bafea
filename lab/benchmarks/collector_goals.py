"""What is promised of the collector's speed, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lab.benchmarks.goals import Goal
from lab.benchmarks.webhook_load import CONNECTIONS, Load

GROUPED, SINGLE = 50, 1
"""Events of a post."""
SHAPES = {GROUPED: f"posts of {GROUPED}", SINGLE: "single posts"}
TOGETHER_PER_S = 5_000
LEAST_PER_S = {("SQLite", GROUPED): 15_000, ("PostgreSQL", GROUPED): 8_000, ("SQLite", SINGLE): 3_000}
LEAST_PER_S["PostgreSQL", SINGLE] = 3_000
TIMES_THE_PEER = {GROUPED: 5, SINGLE: 10}
WHY_NOT_MORE = (
    "the collector's posts share a sync to disk, which gains little if one takes {sync_ms:.2f} ms, as here. With 3 ms "
    "more for each, it took single posts 5 to 7 times as fast as the peer (measured once). Posts of 50 are bound by "
    "the processor, and for an event the collector, in one process, does more: it recognises repeats and keeps three "
    "indexes. The peer, in two processes, keeps none, and stores an event that comes twice twice."
)


@dataclass(frozen=True)
class Received:
    """What was received as fast as it was answered (`full`), and at half of what the goal asks (`half`); in some runs.

    `half` is empty for a peer.
    """

    who: str
    size: int
    full: Sequence[Load]
    half: Sequence[Load]

    @property
    def per_s(self) -> float:
        return median(load.per_s for load in self.full)

    def half_ms(self, share: float) -> float:
        """The time that this share of the answers takes at most, at half of the load."""
        return median(load.latency_s(share) for load in self.half) * 1e3


@dataclass(frozen=True)
class Whole:
    """Receiving, resolving and forwarding at once: what arrived a second, how late it was at Segment, the memory."""

    who: str
    lasted_s: float
    per_s: float
    answer_p99_s: float
    lag_p99_s: float
    middle_mb: float
    end_mb: float
    peak_mb: float


@dataclass(frozen=True)
class CollectorSpeed:
    """Everything that was measured of the collector. `peak_mb`: while it received as fast as it could.

    `sync_s`: how long the machine takes to bring a page to its disk.
    """

    received: Sequence[Received]
    peer: Sequence[Received]
    wholes: Sequence[Whole]
    drained: int
    drained_per_s: float
    peak_mb: float
    sync_s: float

    def goals(self) -> list[Goal]:
        """Each promise with its figure."""
        peer = {received.size: received.per_s for received in self.peer}
        why = WHY_NOT_MORE.format(sync_ms=self.sync_s * 1e3)
        return [goal for received in self.received for goal in _received(received, peer, why)] + [
            *(goal for whole in self.wholes for goal in _whole(whole)),
            Goal(
                "collector: a backlog is sent to Segment", self.drained_per_s, 20_000, at_least=True, unit=" events/s"
            ),
            Goal(
                "collector: peak memory", max(self.peak_mb, *(whole.peak_mb for whole in self.wholes)), 200, unit=" MB"
            ),
        ]

    def rows(self) -> Mapping[str, str]:
        """What was measured, in words and figures."""
        received = {f"{it.who}: {SHAPES[it.size]}": _said(it) for it in (*self.received, *self.peer)}
        wholes = {f"{it.who}: received, resolved and forwarded at once": _said_of_whole(it) for it in self.wholes}
        drained = f"{self.drained_per_s:,.0f} events/s, from the first request to the last answer"
        return {
            **received,
            **wholes,
            f"a backlog of {self.drained:,} sent to Segment": drained,
            "a page synced to this machine's disk": f"{self.sync_s * 1e3:.2f} ms (median)",
        }


def _received(received: Received, peer: Mapping[int, float], why: str) -> list[Goal]:
    what = f"collector into {received.who}: {SHAPES[received.size]} over {CONNECTIONS} connections"
    least = LEAST_PER_S[received.who, received.size]
    goals = [Goal(what, received.per_s, least, at_least=True, unit=" events/s")]
    if received.half:
        goals.append(Goal(f"{what}, half of that: an answer's p99", received.half_ms(0.99), 50, unit=" ms"))
    if received.who == "SQLite" and received.size in peer:
        times = received.per_s / peer[received.size]
        bound = TIMES_THE_PEER[received.size]
        what = f"collector: {SHAPES[received.size]}, times django-anymail"
        goals.append(Goal(what, times, bound, at_least=True, why=why))
    return goals


def _whole(whole: Whole) -> list[Goal]:
    what = f"collector on {whole.who}: received, resolved and forwarded at once"
    return [
        Goal(what, whole.per_s, TOGETHER_PER_S, at_least=True, unit=" events/s"),
        Goal(f"{what}: the lag's p99", whole.lag_p99_s, 2, unit=" s"),
        Goal(f"{what}: memory at the end, times that in the middle", whole.end_mb / whole.middle_mb, 1.1),
    ]


def _said(received: Received) -> str:
    said = f"{received.per_s:,.0f} events/s (median of {len(received.full)})"
    if received.half:
        per_s = median(load.per_s for load in received.half)
        p50, p99 = received.half_ms(0.5), received.half_ms(0.99)
        said += f"; at {per_s:,.0f} events/s answers p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    return said


def _said_of_whole(whole: Whole) -> str:
    return (
        f"{whole.per_s:,.0f} events/s for {whole.lasted_s:.0f} s; answers p99 {whole.answer_p99_s * 1e3:.0f} ms; "
        f"lag p99 {whole.lag_p99_s:.2f} s; "
        f"memory {whole.middle_mb:.0f} MB in the middle, {whole.end_mb:.0f} MB at the end"
    )
