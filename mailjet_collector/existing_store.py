"""The store of a collector for commands that run beside it: a missing store must not be created and found empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from event_store.store import Store
from mailjet_collector.config import CollectorConfig
from program.failure import MachineError

_SQLITE = "sqlite:///"


@contextmanager
def existing_store(config: CollectorConfig) -> Iterator[Store]:
    """The store, while the context lasts; raises `MachineError` or `StoreError` if no collector has used it."""
    file = Path(config.store.removeprefix(_SQLITE)) if config.store.startswith(_SQLITE) else None
    if file and not file.exists():
        raise MachineError(f"There is no store {file}: run this in the folder that the collector was started in.")
    store = Store(config.store)
    try:
        for account in config.accounts:
            store.last_seen(account.name)  # raises StoreError for an account that it does not have
        yield store
    finally:
        store.close()
