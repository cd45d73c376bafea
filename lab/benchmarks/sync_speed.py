"""How fast `mailjet-segment sync` is: `python -m lab.benchmarks.sync_speed`, which is also a part of `make bench`.

A first sync of an account that sends newsletters, into DuckDB and to Segment, and one a second later; in turn, if there
is one, with those of the release 0.1.0 that is installed in an environment of its own. Then all that was read into an
empty PostgreSQL. Each sync is a process, timed from its start to its end; the stand-ins of Mailjet and Segment are a
process too. After each, the ids in `tracks` and at Segment are compared with what happened.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.benchmarks.figures import LostError
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.plan import FULL, QUICK, Plan
from lab.benchmarks.processes import FailedRunError
from lab.benchmarks.results import SYNC, goals_to_lines, section_to_lines
from lab.benchmarks.stand_ins import StandIns, make_sandbox
from lab.benchmarks.sync_goals import AGAIN, FIRST, FORMER, Large, SyncRun, Syncs, SyncSpeed
from lab.benchmarks.sync_trial import SyncTrial
from lab.postgres import find_programs, running

PROGRAM = Path(sys.executable).parent / "mailjet-segment"
DAYS = 14
LARGE_MESSAGES = 1_000_000

Say = Callable[[str], None]


def measure_sync(plan: Plan, former: Path | None, folder: Path, say: Say, large_messages: int = 0) -> SyncSpeed:
    """Everything, in order. Raises `FailedRunError`, and `LostError` if a figure would mean nothing.

    `former`: the `mailjet-segment` of release 0.1.0. `large_messages`: of an account that is read once, 0 for none.
    """
    say("sync")
    ours, others = Syncs([], []), Syncs([], [])
    loads: list[SyncRun] = []
    with ExitStack() as stack:
        trial = stack.enter_context(_serving(plan.sync_messages, folder))
        events = trial.stand_ins.count_events()
        programs = find_programs()
        server = stack.enter_context(running(programs)) if programs else None
        for number in range(1, plan.runs + 1):
            name = f"sync-{number}"
            _sync_twice(trial, PROGRAM, name, ours, say)
            if former:
                _sync_twice(trial, former, f"former-{number}", others, say)
            if server:
                loads.append(trial.load(PROGRAM, name, server.database()))
                say(f"  {name}, into PostgreSQL: {loads[-1].took_s:.1f} s")
    large = _measure_large(large_messages, folder, say) if large_messages else None
    return SyncSpeed(plan.sync_messages, DAYS, events, ours, others if former else None, loads, large)


def _sync_twice(trial: SyncTrial, program: Path, name: str, syncs: Syncs, say: Say) -> None:
    syncs.first.append(trial.first(program, name))
    say(f"  {name}, {FIRST}: {syncs.first[-1].took_s:.1f} s")
    syncs.again.append(trial.again(program, name))
    say(f"  {name}, {AGAIN}: {syncs.again[-1].took_s:.1f} s")


def _measure_large(messages: int, folder: Path, say: Say) -> Large:
    with _serving(messages, folder) as trial:
        done = trial.first(PROGRAM, "large")
        say(f"  {messages:,} messages, {FIRST}: {done.took_s:.1f} s")
        return Large(messages, trial.stand_ins.count_events(), done)


@contextmanager
def _serving(messages: int, folder: Path) -> Iterator[SyncTrial]:
    with StandIns(partial(make_sandbox, messages, DAYS)) as stand_ins, TemporaryDirectory(dir=folder) as files:
        yield SyncTrial(stand_ins, Path(files))


def add_former(parser: argparse.ArgumentParser) -> None:
    """The option that names the command of the former release."""
    parser.add_argument(
        "--former", type=_to_program, metavar="COMMAND", help=f"mailjet-segment of {FORMER}, to compare sync with"
    )


def _to_program(text: str) -> Path:
    if found := shutil.which(text):
        return Path(found)
    raise argparse.ArgumentTypeError(f"{text} is no program")


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny account, once: tries the benchmark itself")
    parser.add_argument("--large", action="store_true", help=f"also an account of {LARGE_MESSAGES:,} messages, once")
    add_former(parser)
    given = parser.parse_args()
    plan, large_messages = QUICK if given.quick else FULL, LARGE_MESSAGES if given.large else 0
    machine = describe_machine()
    try:
        with TemporaryDirectory() as folder:
            speed = measure_sync(plan, given.former, Path(folder), partial(print, flush=True), large_messages)
    except (FailedRunError, LostError) as failed:
        sys.exit(str(failed))
    lines = [*goals_to_lines(speed.goals()), *section_to_lines(SYNC, speed.rows())]
    print("\n".join([*lines, *section_to_lines("Machine", machine)]))


if __name__ == "__main__":
    main()
