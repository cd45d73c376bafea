"""Measures all programs, some beside their peers, in one run, and writes RESULTS.md. `make bench` runs it.

Everything is a process against stand-ins of Mailjet and Segment that are a process too. What is measured is checked: a
source that lost, doubled or changed an event, or a destination that lost one, ends the run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from lab.benchmarks.collector_requests import measure_collector_requests, to_goal, to_rows
from lab.benchmarks.collector_speed import measure_collector
from lab.benchmarks.connectors import Connectors, discover
from lab.benchmarks.destination_speed import DestinationTrial
from lab.benchmarks.figures import LostError
from lab.benchmarks.goals import judge
from lab.benchmarks.machine import describe_machine, describe_packages
from lab.benchmarks.peers import DEFAULT_FOLDER, Peers, install
from lab.benchmarks.plan import FULL, QUICK, Plan
from lab.benchmarks.processes import FailedRunError
from lab.benchmarks.races import SENDING, race_destinations, race_sources
from lab.benchmarks.report_speed import measure_report
from lab.benchmarks.request_goals import measure_requests
from lab.benchmarks.results import Results, to_markdown
from lab.benchmarks.source_speed import SourceTrial
from lab.benchmarks.stand_ins import StandIns, make_sandbox
from lab.benchmarks.sync_speed import add_former, measure_sync


def main() -> None:
    """Reads the arguments, measures, writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--quick", action="store_true", help="a tiny account, once: tries the benchmark itself")
    parser.add_argument("--without-peers", action="store_true", help="installs and runs nobody else")
    add_former(parser)
    given = parser.parse_args()
    machine = describe_machine()
    peers = None if given.without_peers else install(DEFAULT_FOLDER)
    try:
        with tempfile.TemporaryDirectory() as folder:
            results = run_benchmark(QUICK if given.quick else FULL, peers, Path(folder), machine, given.former)
    except (FailedRunError, LostError) as failed:
        sys.exit(str(failed))
    given.out.write_text(to_markdown(results), "utf-8")
    missed = [goal.what for goal in results.goals if not goal.met]
    print(f"\n{to_markdown(results)}\n{given.out} is written; goals missed: {'; '.join(missed) or 'none'}.")


def run_benchmark(
    plan: Plan, peers: Peers | None, folder: Path, machine: Mapping[str, str], former: Path | None = None
) -> Results:
    """Everything, in order; raises `FailedRunError` or `LostError` where a figure would mean nothing.

    `former`: the `mailjet-segment` of release 0.1.0, if `sync` is to be compared with it.
    """
    began = time.monotonic()
    catalog = discover(folder)
    with StandIns(partial(make_sandbox, plan.messages)) as stand_ins:
        connectors = Connectors(stand_ins.places, folder, catalog)
        source = SourceTrial(stand_ins, connectors, peers, folder)
        destination = DestinationTrial(stand_ins, connectors, peers, folder)
        served = {"pages of 1,000 messages a second": f"{source.pages_per_s():,.0f}"}
        races = {**race_sources(plan, source, _say), **race_destinations(plan, destination, source.read, _say)}
        served["events a second that Segment's takes (the limit above)"] = f"{races[SENDING].speeds[-1].per_s:,.0f}"
    with StandIns(partial(make_sandbox, plan.history_messages)) as stand_ins:
        _say("requests")
        connectors = Connectors(stand_ins.places, folder, catalog)
        requests = measure_requests(stand_ins, connectors, plan.steps, _say)
    collector = measure_collector(plan, peers, folder, _say)
    readings = measure_collector_requests(plan.history_messages, _say)
    sync = measure_sync(plan, former, folder, _say)
    report = measure_report(plan, folder, _say)
    return Results(
        machine,
        describe_packages(),
        peers.versions() if peers else {},
        [
            *judge(races, requests, compared=bool(peers)),
            *collector.goals(),
            to_goal(readings),
            *sync.goals(),
            *report.goals(),
        ],
        list(races.values()),
        requests,
        {**collector.rows(), **to_rows(readings)},
        sync.rows(),
        report.rows(),
        served,
        time.monotonic() - began,
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
