"""`mailjet-segment demo`: the whole way of an event, on one machine and without an account.

Sandbox, source, DuckDB, destination, Segment's stand-in; then the same a day later, to see that only new events are
read; then a comparison with the true events.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.comparison import compare, say_comparison
from mailjet_segment.connectors import find_connectors
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.report import print_outcome, where
from mailjet_segment.sandbox_command import destination_config, source_config
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.sync import Outcome, Plan, sync
from program.failure import Failure

MESSAGES = 2_000
DAYS = 30


def run_demo(directory: Path) -> None:
    """Run it, leaving the DuckDB file in `directory`; raises `Failure` if a step fails or an event is missing."""
    progress = Progress(make_console(), time.monotonic)
    database = directory / "mailjet-demo.duckdb"
    _start_afresh(database, progress)
    with stop_on_signal() as stop, Sandbox(messages=MESSAGES, days=DAYS, days_ahead=1) as sandbox:
        plan = Plan(source_config(sandbox), destination_config(sandbox), database, find_connectors())
        progress.say(f"A made-up Mailjet account with {MESSAGES:,} emails of {DAYS} days at {sandbox.mailjet_url},")
        progress.say(f"a stand-in for Segment at {sandbox.segment_url}.")
        first = _sync(plan, "First sync", progress, stop)
        sandbox.now += timedelta(days=1)
        _sync(plan, "A day later: a second sync, which reads only what is new", progress, stop)
        third = _sync(plan, "And at once again", progress, stop)
        outcome = replace(third, rows_before=first.rows_before)
        print_outcome(outcome, "Accepted by Segment's stand-in", sandbox.segment.events, progress)
        comparison = compare(sandbox.truth(since=sandbox.start), sandbox.segment.message_ids)
        say_comparison(comparison, progress)
        progress.say(where(database))
        comparison.refuse_difference()


def _sync(plan: Plan, title: str, progress: Progress, stop: threading.Event) -> Outcome:
    progress.say(f"\n{title}", style="bold")
    outcome = sync(plan, progress, lambda: datetime.now(timezone.utc), stop)
    if outcome.failures:
        raise Failure(" ".join(outcome.failures))
    return outcome


def _start_afresh(database: Path, progress: Progress) -> None:
    """Each demo has an account of its own, so the database of the last one goes."""
    database.parent.mkdir(parents=True, exist_ok=True)
    if database.exists():
        progress.say(f"{database} of the last demo is replaced.")
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)
