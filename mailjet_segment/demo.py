"""`mailjet-segment demo`: the whole way of an event, on one machine and without an account.

Twice, a day apart: as Airbyte does it, both connectors from the sandbox to Segment's stand-in; and without Airbyte,
`sync` into DuckDB. Both are compared with the true events.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.airbyte_run import AirbyteRun
from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.comparison import compare, event_ids, say_comparison
from mailjet_segment.configurations import Configurations
from mailjet_segment.connectors import find_connectors
from mailjet_segment.ending import print_calls, print_database, where
from mailjet_segment.orders_table import TABLE as ORDERS
from mailjet_segment.orders_table import write_orders
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.report.beside import show_campaigns
from mailjet_segment.report.command import report_file
from mailjet_segment.sandbox_command import destination_config, source_config
from mailjet_segment.scratch import make_scratch
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.sync.command import Choices, make_plan
from mailjet_segment.sync.plan import Plan
from mailjet_segment.sync.run import sync
from mailjet_segment.warehouse import open_warehouse
from program.failure import Failure

MESSAGES = 2_000
DAYS = 30


def run_demo(directory: Path) -> None:
    """Runs it, leaving the DuckDB file in `directory`; raises `Failure` if a step fails or an event is missing."""
    progress = Progress(make_console(), time.monotonic)
    database = directory / "mailjet-demo.duckdb"
    _start_afresh(database, progress)
    with stop_on_signal() as stop, Sandbox(messages=MESSAGES, days=DAYS, days_ahead=1, planted=True) as sandbox:
        progress.say(f"A made-up Mailjet account with {MESSAGES:,} emails of {DAYS} days at {sandbox.mailjet_url},")
        progress.say(f"a stand-in for Segment at {sandbox.segment_url}.")
        airbyte = AirbyteRun(find_connectors(), source_config(sandbox), destination_config(sandbox), make_scratch())
        airbyte.prepare()
        plan = make_plan(Configurations((source_config(sandbox),), None), Choices(database=database))
        new: Counter[str] = Counter()
        for title in ("Today", "A day later"):
            progress.say(f"\n{title}", style="bold")
            _as_airbyte(airbyte, sandbox, progress, stop)
            new += _without_airbyte(plan, progress, stop)
            sandbox.now += timedelta(days=1)
        sandbox.now -= timedelta(days=1)
        _conclude(sandbox, database, new, progress)


def _as_airbyte(airbyte: AirbyteRun, sandbox: Sandbox, progress: Progress, stop: threading.Event) -> None:
    with progress.step("With Airbyte's commands: source-mailjet-segment read | destination-segment write") as step:
        before = sandbox.segment.accepted
        airbyte.sync(stop, lambda: step.add(sandbox.segment.accepted - before - step.count))
        step.add(sandbox.segment.accepted - before - step.count)


def _without_airbyte(plan: Plan, progress: Progress, stop: threading.Event) -> Counter[str]:
    """Runs `mailjet-segment sync`; returns the rows that were loaded, by table."""
    progress.say("Without Airbyte: mailjet-segment sync")
    outcome = sync(plan, progress, lambda: datetime.now(timezone.utc), stop)
    if outcome.failures:
        raise Failure(" ".join(outcome.failures))
    return Counter(outcome.loaded[plan.targets[0].name])


def _conclude(sandbox: Sandbox, database: Path, new: Counter[str], progress: Progress) -> None:
    with open_warehouse(database) as connection:
        write_orders(connection, sandbox.orders())
    print_database(database, new, progress)
    print_calls("Accepted by Segment's stand-in", sandbox.segment.events, progress)
    with open_warehouse(database) as connection:
        ids = {str(event_id) for (event_id,) in connection.execute("SELECT id FROM tracks").fetchall()}
    happened = sandbox.truth(since=sandbox.start)
    at_segment, in_duckdb = compare(happened, event_ids(sandbox.segment.message_ids)), compare(happened, ids)
    say_comparison("At Segment", at_segment, progress)
    say_comparison("In DuckDB", in_duckdb, progress)
    show_campaigns(database, progress, conversions=ORDERS)
    progress.say(where(database))
    at_segment.refuse_difference()
    in_duckdb.refuse_difference()


def _start_afresh(database: Path, progress: Progress) -> None:
    """Each demo has an account of its own, so the database of the last one goes."""
    database.parent.mkdir(parents=True, exist_ok=True)
    store = database.with_name(f"{database.stem}.events.db")
    if database.exists():
        progress.say(f"{database} of the last demo is replaced.")
    for path in (database, store, report_file(duckdb_place(database))):
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
