"""`mailjet-segment forget`: an address out of a collector's store, beside running collectors if need be."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

from mailjet_collector.config import read_config
from mailjet_collector.existing_store import existing_store
from mailjet_segment.collect_command import said_plainly
from mailjet_segment.progress import Progress, make_console
from program.failure import Failure


def run_forget(path: Path, address: str) -> None:
    """Deletes an address from all accounts, and says how much of it there was."""
    if "@" not in address:
        raise Failure("--email must be an address.")
    progress = Progress(make_console(), time.monotonic)
    with said_plainly(), existing_store(read_config(path)) as store, progress.step("Events looked at") as step:
        done = store.forget(address, datetime.now(timezone.utc), step.expect, step.add)
    progress.say(
        f"Deleted: {done.events} events, {done.rejected} rejected items, {done.relays} copies that waited to be "
        "relayed. The ids of the events stay, so that none comes back."
    )
