"""What is measured side by side: sources, then destinations, without latency and with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lab.benchmarks.destination_speed import DestinationTrial
from lab.benchmarks.figures import Race, measure
from lab.benchmarks.plan import Plan
from lab.benchmarks.source_speed import SourceTrial
from segment_events.kinds import DELIVERED

LATENCY_S = 0.1
BUDGET = 10
"""Requests a second that both sources may make where they have a budget: this source's default."""

READING, READING_ALONE, READING_SLOWLY, READING_ON_BUDGET = READINGS = (
    "source",
    f"source, {DELIVERED.stream} alone",
    "source at 100 ms",
    f"source at 100 ms, {BUDGET} requests a second",
)
SENDING, SENDING_SLOWLY = "destination", "destination at 100 ms"

_READING_NOTE = """\
An account of {messages:,} messages. Ours reads seven streams, everything enriched; an event counts once, though
`tracks` repeats it. Airbyte's reads `message` alone, and each message counts as an event."""
_ALONE_NOTE = """\
One stream of ours beside one stream of Airbyte's: ours is the deliveries of the same messages, everything enriched."""
_SENDING_NOTE = """\
{events:,} events for ours, {called:,} for the client, which is given them parsed. Lost are calls that the client
dropped because its queue was full, as it does in programs that do not look at what `track` returns."""

Say = Callable[[str], None]


def race_sources(plan: Plan, trial: SourceTrial, say: Say) -> dict[str, Race]:
    """This source beside Airbyte's connector, by title."""
    say(READING)
    speeds = measure(trial.contenders(stop_after_s=plan.peer_s, with_limit=True), plan.runs, say)
    races = [Race(READING, "events", _READING_NOTE.format(messages=plan.messages), speeds)]
    say(READING_ALONE)
    alone = (DELIVERED.stream,)
    speeds = measure(trial.contenders(stop_after_s=plan.peer_s, streams=alone, with_limit=True), plan.runs, say)
    races.append(Race(READING_ALONE, "events", _ALONE_NOTE, speeds))
    if plan.slow_runs:
        trial.stand_ins.set_latency(LATENCY_S)
        say(READING_SLOWLY)
        speeds = measure(trial.contenders(stop_after_s=plan.slow_peer_s), plan.slow_runs, say)
        races.append(Race(READING_SLOWLY, "events", "The same, each answer 100 ms later.", speeds))
        say(READING_ON_BUDGET)
        speeds = measure(trial.contenders(stop_after_s=plan.slow_peer_s, max_requests_per_second=BUDGET), 1, say)
        note = f"The same, each answer 100 ms later, and at most {BUDGET} requests a second."
        races.append(Race(READING_ON_BUDGET, "events", note, speeds))
        trial.stand_ins.set_latency(0)
    return {race.title: race for race in races}


def race_destinations(plan: Plan, trial: DestinationTrial, read: Path, say: Say) -> dict[str, Race]:
    """This destination beside Segment's client, by title; `read` is what a source printed."""
    load = trial.load(read, plan.copies, plan.calls)
    say(SENDING)
    speeds = measure(trial.contenders(load, unbounded=True, with_limit=True), plan.runs, say)
    races = [Race(SENDING, "events", _SENDING_NOTE.format(events=load.events, called=load.called), speeds)]
    if plan.slow_runs:
        load = trial.load(read, 1, plan.slow_calls)
        trial.stand_ins.set_latency(LATENCY_S)
        say(SENDING_SLOWLY)
        speeds = measure(trial.contenders(load), plan.slow_runs, say)
        note = f"Each answer 100 ms later; {load.events:,} events for ours, {load.called:,} for the client."
        races.append(Race(SENDING_SLOWLY, "events", note, speeds))
        trial.stand_ins.set_latency(0)
    return {race.title: race for race in races}
