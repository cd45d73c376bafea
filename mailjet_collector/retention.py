"""Deletes events that were kept long enough, and that Segment, if it gets any, has accepted."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_collector.config import AccountConfig
from mailjet_collector.forwarding import consumer_name

EVERY_S = 600.0


def run_retention(
    account: AccountConfig, store: Store, retention_s: int, leader: Leadership, ended: threading.Event
) -> None:
    """Goes on until `ended`. Raises `StoreError`."""
    forwarding = [consumer_name(account.segment)] if account.segment else []
    while not ended.is_set() and leader.is_held():
        before = datetime.now(timezone.utc) - timedelta(seconds=retention_s)
        store.delete_before(account.name, before, forwarding)
        ended.wait(EVERY_S)
