"""`mailjet-segment collect`: the collector as a process, and rejected items taken again."""

from __future__ import annotations

import time
from pathlib import Path

from mailjet_collector.collector import Places
from mailjet_collector.config import read_config
from mailjet_collector.existing_store import existing_store
from mailjet_collector.replay import replay_rejected
from mailjet_collector.run import run_collector
from mailjet_segment.store_failure import said_plainly

Place = tuple[str, int]


def run_collect(path: Path, public: Place, admin: Place) -> None:
    """Collects until a signal ends it."""
    with said_plainly():
        by_keyboard = run_collector(read_config(path), Places(*public, *admin))
    if by_keyboard:
        raise KeyboardInterrupt


def run_replay(path: Path) -> None:
    """Takes the rejected items of all accounts again; it may run beside the collector."""
    from mailjet_segment.progress import Progress, make_console  # a collector shows nothing, and needs no rich

    progress = Progress(make_console(), time.monotonic)
    with said_plainly():
        config = read_config(path)
        with existing_store(config) as store:
            for account in config.accounts:
                with progress.step(f"Rejected items of {account.name}") as step:
                    step.expect(store.status(account.name).rejected)
                    done = replay_rejected(store, account.name, step.add)
                progress.say(
                    f"{account.name}: {done.new} rejected items became events, {done.repeated} were stored already, "
                    f"{done.rejected} stay rejected."
                )
