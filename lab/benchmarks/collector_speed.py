"""How fast the collector is: `python -m lab.benchmarks.collector_speed`, which is also a part of `make bench`.

It receives as fast as it is posted to, into SQLite and PostgreSQL, beside django-anymail's webhook; then it receives,
resolves and forwards at once; then it sends a backlog. The load comes from this process, the collector and the
stand-ins of Mailjet and Segment are processes of their own. What was answered 200 is counted where it must have come.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from lab.benchmarks.collector_goals import CollectorSpeed
from lab.benchmarks.collector_process import peer_collecting
from lab.benchmarks.collector_trial import CollectorTrial, Say, sync_s
from lab.benchmarks.figures import LostError
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.peers import DEFAULT_FOLDER, Peers, install
from lab.benchmarks.plan import FULL, QUICK, Plan
from lab.benchmarks.processes import FailedRunError
from lab.benchmarks.results import goals_to_lines, section_to_lines
from lab.benchmarks.stand_ins import StandIns, make_sandbox
from lab.postgres import find_programs, running

_MESSAGES = 20_000
"""Of the account; the people of the posts are its contacts."""


def measure_collector(plan: Plan, peers: Peers | None, folder: Path, say: Say) -> CollectorSpeed:
    """Everything, in order. Raises `FailedRunError`, and `LostError` where a figure would mean nothing."""
    say("collector")
    sqlite = f"sqlite:///{folder}/received.db"
    with ExitStack() as stack:
        stand_ins = stack.enter_context(StandIns(partial(make_sandbox, _MESSAGES)))
        trial = CollectorTrial(stand_ins, folder, plan.runs, plan.load_s, say)
        with ExitStack() as of_peer:
            peer = of_peer.enter_context(peer_collecting(folder, peers.python)) if peers else None
            received, beside, peak_mb = trial.receive("SQLite", sqlite, peer)
        drained, drained_per_s = trial.drain(sqlite)
        wholes = [trial.whole("SQLite", f"sqlite:///{folder}/whole.db", plan.together_s)]
        if programs := find_programs():
            server = stack.enter_context(running(programs))
            further, _, further_mb = trial.receive("PostgreSQL", server.database())
            received, peak_mb = received + further, max(peak_mb, further_mb)
            wholes.append(trial.whole("PostgreSQL", server.database(), plan.together_s / 2))
    return CollectorSpeed(received, beside, wholes, drained, drained_per_s, peak_mb, sync_s(folder))


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds: tries the benchmark itself")
    parser.add_argument("--without-peers", action="store_true", help="installs and runs nobody else")
    given = parser.parse_args()
    peers = None if given.without_peers else install(DEFAULT_FOLDER)
    machine = describe_machine()
    try:
        with tempfile.TemporaryDirectory() as folder:
            speed = measure_collector(QUICK if given.quick else FULL, peers, Path(folder), partial(print, flush=True))
    except (FailedRunError, LostError) as failed:
        sys.exit(str(failed))
    lines = [*goals_to_lines(speed.goals()), *section_to_lines("The collector", speed.rows())]
    print("\n".join([*lines, *section_to_lines("Machine", machine)]))


if __name__ == "__main__":
    main()
