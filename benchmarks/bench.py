"""Measures both connectors beside their peers in one run, and writes what it found to RESULTS.md. `make bench` runs it.

Everything is a process against stand-ins of Mailjet and Segment that are a process too. What is measured is checked: a
source that lost, doubled or changed an event, or a destination that lost one, ends the run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from benchmarks.connectors import Connectors, discover
from benchmarks.destination_speed import DestinationTrial
from benchmarks.figures import Goal, LostError, measure
from benchmarks.machine import describe_machine, describe_packages
from benchmarks.peers import DEFAULT_FOLDER, Peers, install
from benchmarks.processes import FailedRunError
from benchmarks.request_goals import Requests, measure_requests
from benchmarks.results import Race, Results, to_markdown
from benchmarks.source_speed import SourceTrial
from benchmarks.stand_ins import StandIns
from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.sandbox import Sandbox

LATENCY_S = 0.1
BUDGET = 10
"""Requests a second that both sources may make where they have a budget: this source's default."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    messages: int = 60_000
    """Of the account that is read for speed."""
    runs: int = 3
    slow_runs: int = 3
    peer_s: float = 6
    slow_peer_s: float = 8
    copies: int = 4
    """Each event of that account is sent so many times, with ids of its own."""
    called: int = 40_000
    slowly_called: int = 6_000
    history_messages: int = 550_000
    """Of the account whose requests are counted."""
    hours: int = 6
    """Hourly syncs after a daily one."""

    @property
    def loads(self) -> list[tuple[int, int]]:
        """Copies of the events for the destination, and calls for Segment's client: without latency, and with it."""
        return [(self.copies, self.called), (1, self.slowly_called)]


QUICK = Plan(1_000, 1, 1, 6, 6, 1, 300, 100, 1_000, 1)
"""Tries the benchmark itself, in seconds; its figures say nothing."""

READING, READING_SLOWLY, READING_ON_BUDGET = (
    "source",
    "source at 100 ms",
    f"source at 100 ms, {BUDGET} requests a second",
)
SENDING, SENDING_SLOWLY = "destination", "destination at 100 ms"


def main() -> None:
    """Reads the arguments, measures, writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--quick", action="store_true", help="a tiny account, once: tries the benchmark itself")
    parser.add_argument("--without-peers", action="store_true", help="installs and runs nobody else")
    given = parser.parse_args()
    peers = None if given.without_peers else install(DEFAULT_FOLDER)
    try:
        with tempfile.TemporaryDirectory() as folder:
            results = run_benchmark(QUICK if given.quick else Plan(), peers, Path(folder))
    except (FailedRunError, LostError) as failed:
        sys.exit(str(failed))
    given.out.write_text(to_markdown(results), "utf-8")
    missed = [goal.what for goal in results.goals if not goal.met]
    print(f"\n{to_markdown(results)}\n{given.out} is written; goals missed: {'; '.join(missed) or 'none'}.")


def run_benchmark(plan: Plan, peers: Peers | None, folder: Path) -> Results:
    """Everything, in order; raises `FailedRunError` or `LostError` where a figure would mean nothing."""
    began, machine = time.monotonic(), describe_machine()
    catalog = discover(folder)
    with StandIns(partial(make_sandbox, plan.messages)) as stand_ins:
        connectors = Connectors(stand_ins.places, folder, catalog)
        source = SourceTrial(stand_ins, connectors, peers, folder)
        destination = DestinationTrial(stand_ins, connectors, peers, folder)
        served = {"pages of 1,000 messages a second": f"{source.pages_per_s():,.0f}"}
        races = {**_race_sources(plan, source), **_race_destinations(plan, destination, source.read)}
        served["events a second that Segment's takes (the limit above)"] = f"{races[SENDING].speeds[-1].per_s:,.0f}"
    with StandIns(partial(make_sandbox, plan.history_messages)) as stand_ins:
        _say("requests")
        connectors = Connectors(stand_ins.places, folder, catalog)
        requests = measure_requests(stand_ins, connectors, _steps(plan), _say)
    return Results(
        machine,
        describe_packages(),
        peers.versions() if peers else {},
        _goals(races, requests, compared=bool(peers)),
        list(races.values()),
        requests,
        served,
        time.monotonic() - began,
    )


def make_sandbox(messages: int) -> Sandbox:
    """Serves 60 days of three newsletters a week to all contacts and of single messages, some `messages` in all."""
    return Sandbox(account=newsletter_account(messages))


def _race_sources(plan: Plan, trial: SourceTrial) -> dict[str, Race]:
    told = (
        f"An account of {plan.messages:,} messages. Ours reads seven streams, everything enriched; `tracks` repeats "
        "each event, so that a record is half an event. Airbyte's reads `message` alone. Requests are per 1,000 events "
        "of ours, messages of theirs."
    )
    _say(READING)
    fast = measure(trial.contenders(stop_after_s=plan.peer_s, with_limit=True), plan.runs, _say)
    trial.stand_ins.set_latency(LATENCY_S)
    _say(READING_SLOWLY)
    slow = measure(trial.contenders(stop_after_s=plan.slow_peer_s), plan.slow_runs, _say)
    _say(READING_ON_BUDGET)
    budget = measure(trial.contenders(stop_after_s=plan.slow_peer_s, max_requests_per_second=BUDGET), 1, _say)
    trial.stand_ins.set_latency(0)
    alike = "The same at 100 ms a request"
    return {
        READING: Race(READING, "records", told, fast),
        READING_SLOWLY: Race(READING_SLOWLY, "records", f"{alike}.", slow),
        READING_ON_BUDGET: Race(READING_ON_BUDGET, "records", f"{alike}, and {BUDGET} requests a second.", budget),
    }


def _race_destinations(plan: Plan, trial: DestinationTrial, read: Path) -> dict[str, Race]:
    fast, slow = (trial.load(read, copies, calls) for copies, calls in plan.loads)
    told = (
        f"{fast.events:,} events for ours, {fast.called:,} for the client, which is given them parsed. Lost are calls "
        "that the client dropped because its queue was full, as it does in programs that do not look at what `track` "
        "returns."
    )
    _say(SENDING)
    quick = measure(trial.contenders(fast, unbounded=True, with_limit=True), plan.runs, _say)
    trial.stand_ins.set_latency(LATENCY_S)
    _say(SENDING_SLOWLY)
    late = measure(trial.contenders(slow), plan.slow_runs, _say)
    trial.stand_ins.set_latency(0)
    alike = f"The same at 100 ms a request; {slow.events:,} events for ours, {slow.called:,} for the client."
    return {
        SENDING: Race(SENDING, "events", told, quick),
        SENDING_SLOWLY: Race(SENDING_SLOWLY, "events", alike, late),
    }


def _steps(plan: Plan) -> Mapping[str, timedelta]:
    hourly = {f"an hour later ({hour})": timedelta(hours=1) for hour in range(1, plan.hours + 1)}
    return {"first sync": timedelta(0), "a day later": timedelta(days=1), **hourly}


def _goals(races: Mapping[str, Race], requests: Requests, *, compared: bool) -> list[Goal]:
    """The figures that are promised; those beside peers only where peers were run."""
    first, daily, *hourly = requests.syncs
    quiet = [one.requests for one in hourly if not (one.window.engaged or one.window.late)]
    reading, sending = races[READING].speeds[0], races[SENDING].speeds[0]
    memory = [race.speeds[0].peak_bytes / 1e6 for race in races.values() if race.unit == "records"]
    allowed = max(20 * daily.events / 1_000, 1.5 * daily.floor)
    goals = [
        Goal("requests per 1,000 events, first sync", first.per_1000, 4),
        Goal("requests of a daily sync (20 per 1,000 events, or 1.5 times the floor)", daily.requests, allowed),
        *([Goal("requests of an hourly sync with nothing late or engaged", max(quiet), 30)] if quiet else []),
        Goal("source: time to the first record", reading.first_s or 0, 1.8, unit=" s"),
        Goal("source: peak memory", max(*memory, first.run.peak_bytes / 1e6), 200, unit=" MB"),
        Goal("destination: peak memory", sending.peak_bytes / 1e6, 150, unit=" MB"),
    ]
    ratios = {READING: 2, READING_SLOWLY: 15, READING_ON_BUDGET: 15, SENDING: 6, SENDING_SLOWLY: 20} if compared else {}
    return goals + [
        Goal(f"{what}: times the peer", races[what].speeds[0].per_s / races[what].speeds[1].per_s, bound, at_least=True)
        for what, bound in ratios.items()
    ]


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
