"""What is promised of the speed of `mailjet-segment sync`, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lab.benchmarks.goals import Goal

FORMER = "release 0.1.0"
FIRST, AGAIN = "into DuckDB and to Segment", "a second later"
TIMES_THE_FORMER = 5
NOTHING_NEW_S = 3
PEAK_MB = 450
READ, HANDED, LOADED = "read", "handed", "loaded"
"""The parts of a sync, by the second word of the lines that it prints."""


@dataclass(frozen=True)
class Part:
    """A part of a sync, as it was printed."""

    events: int
    took_s: float


@dataclass(frozen=True)
class SyncRun:
    """A sync that ended well, from the start of its process to the end.

    Memory and CPU are those of the process and of what it started. `parts`: by `READ`, `HANDED` and `LOADED`.
    """

    took_s: float
    cpu_s: float
    peak_mb: float
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class Syncs:
    """Runs of one program into a new DuckDB file and to Segment, and after each of them one a second later."""

    first: list[SyncRun]
    again: list[SyncRun]

    @property
    def first_s(self) -> float:
        return median(run.took_s for run in self.first)

    @property
    def again_s(self) -> float:
        return median(run.took_s for run in self.again)

    @property
    def peak_mb(self) -> float:
        return max(run.peak_mb for run in (*self.first, *self.again))


@dataclass(frozen=True)
class Large:
    """A first sync of a larger account."""

    messages: int
    events: int
    run: SyncRun


@dataclass(frozen=True)
class SyncSpeed:
    """Everything that was measured of `sync`. `postgresql`: runs that load all of a store into an empty database."""

    messages: int
    days: int
    events: int
    ours: Syncs
    former: Syncs | None
    postgresql: Sequence[SyncRun]
    large: Large | None = None

    def goals(self) -> list[Goal]:
        """Each promise with its figure."""
        further = [*self.postgresql, *([self.large.run] if self.large else [])]
        peak_mb = max(self.ours.peak_mb, *(run.peak_mb for run in further)) if further else self.ours.peak_mb
        goals = [
            Goal("sync: nothing new", self.ours.again_s, NOTHING_NEW_S, unit=" s"),
            Goal("sync: peak memory", peak_mb, PEAK_MB, unit=" MB"),
        ]
        if not self.former:
            return goals
        times = self.former.first_s / self.ours.first_s
        return [Goal(f"sync: times {FORMER}, end to end", times, TIMES_THE_FORMER, at_least=True), *goals]

    def rows(self) -> Mapping[str, str]:
        """What was measured, in words and figures."""
        rows = {
            "the account": f"{self.messages:,} messages of {self.days} days, {self.events:,} events",
            FIRST: _said(self.ours.first, self.events),
            AGAIN: _said(self.ours.again),
        }
        if former := self.former:
            rows[f"{FORMER}, {FIRST}"] = _said(former.first, self.events)
            rows[f"{FORMER}, {AGAIN}"] = _said(former.again)
        if self.postgresql:
            rows["all of the store into an empty PostgreSQL"] = _said_of_load(self.postgresql)
        if large := self.large:
            rows[f"{FIRST}, {large.messages:,} messages"] = _said([large.run], large.events)
        return rows


def _said(runs: Sequence[SyncRun], events: int = 0) -> str:
    said = f"{events / median(run.took_s for run in runs):,.0f} events/s; " if events else ""
    parts = (
        f"{name} {median(run.parts[name].took_s for run in runs):.1f} s ({runs[0].parts[name].events:,})"
        for name in runs[0].parts
    )
    return f"{said}{_in_all(runs)}; {', '.join(parts)}"


def _said_of_load(runs: Sequence[SyncRun]) -> str:
    """An event is two rows: one in its table, one in `tracks`."""
    per_s = median(2 * run.parts[LOADED].events / run.parts[LOADED].took_s for run in runs)
    return f"{per_s:,.0f} rows/s while it loads; {_in_all(runs)}"


def _in_all(runs: Sequence[SyncRun]) -> str:
    took_s, cpu_s = median(run.took_s for run in runs), median(run.cpu_s for run in runs)
    peak_mb = max(run.peak_mb for run in runs)
    return f"{took_s:.1f} s (median of {len(runs)}), CPU {cpu_s:.1f} s, peak memory {peak_mb:,.0f} MB"
