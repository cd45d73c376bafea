"""What is measured: one run is a sample, some runs of one thing are a speed, some speeds side by side are a race."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


class LostError(Exception):
    """What was measured lost, doubled or changed an event: its figures mean nothing."""


@dataclass(frozen=True)
class Sample:
    """One run. A rate is in events a second, of which each counts once, though a source repeats it in `tracks`.

    None stands for what the run cannot tell: a peer that was stopped has no whole duration.
    """

    per_s: float
    """Once started: from the first record to the last, or from the first request to the last answer."""
    per_s_in_all: float | None
    """With the start and the end of the process."""
    first_s: float | None
    """From the start of the process to its first record."""
    per_1000: float
    """Requests per 1,000 messages or events."""
    peak_bytes: int
    cpu_s: float
    stand_in_busy: float
    """The share of the run that the stand-in computed; near 1 it would be what is measured."""
    lost: int = 0
    cpu_us_each: float | None = None
    """Microseconds of CPU an event, without those of a run that has no events: the start and the end."""


@dataclass(frozen=True)
class Speed:
    """The medians of the runs of one thing."""

    what: str
    runs: int
    per_s: float
    per_s_in_all: float | None
    first_s: float | None
    per_1000: float
    peak_bytes: float
    cpu_s: float
    stand_in_busy: float
    lost: float
    cpu_us_each: float | None


@dataclass(frozen=True)
class Contender:
    """Something that is measured beside others; `measure` runs it once."""

    what: str
    measure: Callable[[], Sample]


@dataclass(frozen=True)
class Race:
    """Some that were measured side by side; `unit` is what their rates count, and the first is this project's."""

    title: str
    unit: str
    note: str
    speeds: Sequence[Speed]


def measure(contenders: Sequence[Contender], runs: int, say: Callable[[str], None]) -> list[Speed]:
    """Runs all in turn, `runs` times, so that a slow moment of the machine meets all of them alike."""
    samples: list[list[Sample]] = [[] for _ in contenders]
    for turn in range(runs):
        for contender, taken in zip(contenders, samples, strict=True):
            taken.append(contender.measure())
            say(f"  {contender.what}: {taken[-1].per_s:,.0f}/s (run {turn + 1} of {runs})")
    return [_speed(contender.what, taken) for contender, taken in zip(contenders, samples, strict=True)]


def _speed(what: str, samples: Sequence[Sample]) -> Speed:
    return Speed(
        what=what,
        runs=len(samples),
        per_s=median(sample.per_s for sample in samples),
        per_s_in_all=_known(sample.per_s_in_all for sample in samples),
        first_s=_known(sample.first_s for sample in samples),
        per_1000=median(sample.per_1000 for sample in samples),
        peak_bytes=max(sample.peak_bytes for sample in samples),
        cpu_s=median(sample.cpu_s for sample in samples),
        stand_in_busy=median(sample.stand_in_busy for sample in samples),
        lost=median(sample.lost for sample in samples),
        cpu_us_each=_known(sample.cpu_us_each for sample in samples),
    )


def _known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
