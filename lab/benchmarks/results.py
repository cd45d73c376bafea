"""What was measured, as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from lab.benchmarks.figures import Race
from lab.benchmarks.floor import HOW
from lab.benchmarks.goals import Goal
from lab.benchmarks.request_goals import Requests, Synced

SYNC = "mailjet-segment sync"
REPORT = "mailjet-segment report"

_MB = 1_000_000

SPEED_HEAD = (
    "",
    "once started",
    "ratio",
    "with start and end",
    "first record",
    "requests per 1,000",
    "CPU",
    "CPU an event, start apart",
    "peak memory",
    "stand-in busy",
    "lost",
)


@dataclass(frozen=True)
class Results:
    """Everything that one run of the benchmark found."""

    machine: Mapping[str, str]
    packages: Mapping[str, str]
    peers: Mapping[str, str]
    goals: Sequence[Goal]
    races: Sequence[Race]
    requests: Requests
    collector: Mapping[str, str]
    sync: Mapping[str, str]
    report: Mapping[str, str]
    stand_ins: Mapping[str, str]
    took_s: float


def to_markdown(results: Results) -> str:
    """The page, whole."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    at = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    yield "# What was measured"
    yield ""
    yield f"Written by `make bench` on {at} UTC, in {results.took_s / 60:.1f} minutes; medians, peaks are the highest."
    yield "Each figure is of a process that Airbyte would run, against the stand-ins of Mailjet and Segment on the same"
    yield "machine; what a source emitted was compared with what had happened, and what Segment got was counted."
    yield ""
    yield from goals_to_lines(results.goals)
    for race in results.races:
        yield from _race(race)
    yield from _requests(results.requests)
    yield from section_to_lines("The collector", results.collector)
    yield from section_to_lines(SYNC, results.sync)
    yield from section_to_lines(REPORT, results.report)
    yield from section_to_lines("The stand-ins are not what is waited for", results.stand_ins)
    yield from section_to_lines("Machine", results.machine)
    yield from section_to_lines(
        "Versions", {**results.packages, **{f"peer {name}": it for name, it in results.peers.items()}}
    )


def goals_to_lines(goals: Sequence[Goal]) -> Iterator[str]:
    """The table of goals, and why some are missed."""
    yield "## Goals"
    yield ""
    yield from to_table(
        ("", "figure", "goal", ""),
        [
            (
                goal.what,
                f"{_number(goal.figure)}{goal.unit}",
                f"{'at least' if goal.at_least else 'at most'} {_number(goal.bound)}{goal.unit}",
                "met" if goal.met else "**missed**",
            )
            for goal in goals
        ],
    )
    missed: dict[str, list[str]] = {}
    for goal in goals:
        if goal.why and not goal.met:
            missed.setdefault(goal.why, []).append(goal.what)
    for why, goals_of_it in missed.items():
        yield f"Missed ({'; '.join(goals_of_it)}): {why}"
        yield ""


def _race(race: Race) -> Iterator[str]:
    yield f"## {race.title}"
    yield ""
    yield race.note
    yield ""
    first = race.speeds[0]
    yield from to_table(
        SPEED_HEAD,
        [
            (
                speed.what,
                f"{speed.per_s:,.0f} {race.unit}/s",
                "" if speed is first else f"{first.per_s / speed.per_s:.2f}",
                _optional(speed.per_s_in_all, f"{{:,.0f}} {race.unit}/s"),
                _optional(speed.first_s, "{:.2f} s"),
                f"{speed.per_1000:.1f}",
                f"{speed.cpu_s:.1f} s",
                _optional(speed.cpu_us_each, "{:.1f} us"),
                f"{speed.peak_bytes / _MB:,.0f} MB",
                f"{speed.stand_in_busy:.0%}",
                f"{speed.lost:,.0f}" if speed.lost else "",
            )
            for speed in race.speeds
        ],
    )


def _requests(requests: Requests) -> Iterator[str]:
    yield "## Requests"
    yield ""
    difference = requests.difference
    yield (
        f"All syncs together: {difference.events:,} events happened, {difference.missing:,} are missing, "
        f"{difference.wrong:,} are wrong, {difference.doubled:,} came twice."
    )
    yield ""
    head = (
        "",
        "events",
        "requests",
        "per 1,000",
        "floor",
        "times the floor",
        "unsubscribes, complaints, late",
        "state",
    )
    yield from to_table(head, [_sync(sync) for sync in requests.syncs])
    yield HOW
    resources = sorted({resource for sync in requests.syncs for resource in sync.by_resource})
    rows = [
        (sync.what, *(f"{sync.by_resource.get(resource, 0):,}" for resource in resources)) for sync in requests.syncs
    ]
    yield from to_table(("requests by resource", *resources), rows)
    floors = [
        (sync.what, ", ".join(f"{what} {count}" for what, count in sync.floors.items())) for sync in requests.syncs
    ]
    yield from to_table(("the floor", ""), floors)


def _sync(sync: Synced) -> tuple[str, ...]:
    return (
        sync.what,
        f"{sync.events:,}",
        f"{sync.requests:,}",
        f"{sync.per_1000:.2f}" if sync.events else "",
        f"{sync.floor:,}",
        f"{sync.requests / sync.floor:.2f}",
        f"{sync.floors['histories']:,}",
        f"{sync.state_bytes:,} bytes",
    )


def section_to_lines(title: str, facts: Mapping[str, str]) -> Iterator[str]:
    """A section that lists facts."""
    yield f"## {title}"
    yield ""
    yield from (f"- {name}: {fact}" for name, fact in facts.items())
    yield ""


def to_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, and an empty one."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _optional(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
