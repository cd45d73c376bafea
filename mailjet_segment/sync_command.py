"""`mailjet-segment sync`: a real account, from its two configurations."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

from mailjet_segment.configurations import Configurations
from mailjet_segment.connectors import find_connectors
from mailjet_segment.delivering import segment_place, skips
from mailjet_segment.failure import without_secrets
from mailjet_segment.history import Wishes
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.report import print_outcome, where
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.sync import Outcome, Plan, sync
from program.failure import Failure


def run_sync(configurations: Configurations, database: Path, wishes: Wishes, quiet: bool) -> None:
    """Sync once and print the result; raises `Failure` if a part of it failed."""
    source, destination = configurations.source, configurations.destination
    plan = Plan(source, destination, database, find_connectors(), wishes)
    progress = Progress(make_console(quiet=quiet), time.monotonic)
    with stop_on_signal() as stop:
        try:
            outcome = sync(plan, progress, lambda: datetime.now(timezone.utc), stop)
            _print(outcome, plan, progress)
            if outcome.failures:
                raise Failure(" ".join(outcome.failures))
        except Failure as failure:
            raise Failure(without_secrets(str(failure), [source, destination or {}])) from failure.__cause__


def _print(outcome: Outcome, plan: Plan, progress: Progress) -> None:
    if outcome.failures and not outcome.did_something:
        return
    destination = plan.destination_config
    calls = outcome.accepted if destination is not None else None
    verb = "Handed to" if skips(destination or {}) else "Accepted by"
    print_outcome(outcome, f"{verb} Segment in this sync", calls, progress)
    if destination is not None:
        progress.say(
            f"Segment is at {segment_place(destination)}. It answers 200 whatever the write key: see in the Debugger "
            "of your source that the events arrive."
        )
    progress.say(where(plan.database))
