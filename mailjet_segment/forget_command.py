"""`mailjet-segment forget`: an address out of a collector's store, beside running collectors if need be."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from mailjet_collector.config import read_config
from mailjet_collector.existing_store import existing_store
from mailjet_segment.store_failure import said_plainly
from program.failure import Failure


def run_forget(path: Path, address: str) -> None:
    """Deletes an address from all accounts, and says how much of it there was."""
    if "@" not in address:
        raise Failure("--email must be an address.")
    with said_plainly(), existing_store(read_config(path)) as store:
        done = store.forget(address, datetime.now(timezone.utc))
    print(
        f"Deleted: {done.events} events, {done.rejected} rejected items, {done.relays} copies that waited to be "
        "relayed. The ids of the events stay, so that none comes back."
    )
