"""`mailjet-segment forget`: an address out of an event store, beside running collectors and syncs if need be."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, closing
from datetime import datetime, timezone
from pathlib import Path

from event_store.store import Store
from mailjet_collector.config import read_config
from mailjet_collector.existing_store import existing_store
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.store_failure import said_plainly
from mailjet_segment.store_place import store_address
from program.failure import Failure

_ELSEWHERE = (
    "Tables that were loaded before (DuckDB, PostgreSQL) keep their rows: delete them in each table by "
    "context_traits_email, anonymous_id and user_id, and what was sent at Segment, as docs/privacy.md shows."
)


def run_forget(place: Path | str, address: str) -> None:
    """Deletes an address from all accounts of a store, and says how much of it there was, and where more may be.

    `place`: the file of a collector's configuration, or a store as people write it after `--store`.
    """
    if "@" not in address:
        raise Failure("--email must be an address.")
    progress = Progress(make_console(), time.monotonic)
    with said_plainly(), _opened(place) as store, progress.step("Events looked at") as step:
        done = store.forget(address, datetime.now(timezone.utc), step.expect, step.add)
    progress.say(
        f"Deleted: {done.events} events, {done.rejected} rejected items, {done.relays} copies that waited to be "
        f"relayed. The ids of the events stay, so that none comes back.\n{_ELSEWHERE}"
    )


def _opened(place: Path | str) -> AbstractContextManager[Store]:
    """A store that exists; raises `Failure` or `StoreError` for any other."""
    if isinstance(place, Path):
        return existing_store(read_config(place))
    return closing(Store(store_address(place, None), must_exist=True))
