"""`mailjet-segment sync`: a real account, from its two configuration files."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

from mailjet_segment.config_file import read_config
from mailjet_segment.connectors import find_connectors
from mailjet_segment.delivering import skips
from mailjet_segment.failure import Failure, without_secrets
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.report import print_outcome, where
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.sync import Plan, sync


def run_sync(source_config: Path, destination_config: Path | None, database: Path) -> None:
    """Sync once and print what was done; raises `Failure` where something was not."""
    source = read_config(source_config)
    destination = read_config(destination_config) if destination_config else None
    plan = Plan(source, destination, database, find_connectors())
    progress = Progress(make_console(), time.monotonic)
    try:
        with stop_on_signal() as stop:
            outcome = sync(plan, progress, lambda: datetime.now(timezone.utc), stop)
    except Failure as failure:
        raise Failure(without_secrets(str(failure), [source, destination or {}])) from failure.__cause__
    if outcome.did_something or not outcome.failures:
        calls = outcome.accepted if destination else None
        verb = "Handed to" if skips(destination or {}) else "Accepted by"
        print_outcome(outcome, f"{verb} Segment in this sync", calls, progress)
        if calls:
            progress.say(
                "Segment answers 200 whatever the write key: see in the Debugger of your source that they arrive."
            )
        progress.say(where(database))
    if outcome.failures:
        raise Failure(without_secrets(" ".join(outcome.failures), [source, destination or {}]))
