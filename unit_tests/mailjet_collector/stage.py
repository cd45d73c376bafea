"""A sandbox, a store and what leads an account, for the tests of the leading half."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from event_store.store import Store
from event_store.values import StoredRow
from mailjet_collector.config import AccountConfig, CollectorConfig, SegmentConfig, UserIdRule
from mailjet_collector.leading import Leading
from mailjet_collector.metrics import Metrics
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.posted import ACCOUNT

BY_PROPERTY = UserIdRule("contact_property", "userId", ())
LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)


def account_of(sandbox: Sandbox, **fields: Any) -> AccountConfig:
    """The sandbox's account, which forwards all that ever happened."""
    values: dict[str, Any] = {
        "name": ACCOUNT,
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "unsubscribe_event_name": "Email Unsubscribed",
        "engagement_days": 30,
        "max_requests_per_second": 10_000.0,
        "webhook_passwords": ("a-password-of-a-test",),
        "user_id": BY_PROPERTY,
        "start": None,
        "segment": SegmentConfig(sandbox.write_key, sandbox.segment_url, LONG_AGO),
    }
    return AccountConfig(**{**values, **fields})


def config_of(*accounts: AccountConfig, store: str = "", **fields: Any) -> CollectorConfig:
    values: dict[str, Any] = {"completeness_s": 0, "retention_s": 0, "public_url": None}
    return CollectorConfig(store=store, accounts=accounts, **{**values, **fields})


def open_store(address: str, account: AccountConfig) -> Store:
    """A store that has the account."""
    store = Store(address)
    store.open_account(account.name, account.key_digest, datetime.now(timezone.utc))
    return store


@contextmanager
def leading(store: Store, *accounts: AccountConfig, metrics: Metrics | None = None, **fields: Any) -> Iterator[Leading]:
    """Leads until the context ends."""
    stop = threading.Event()
    led = Leading(config_of(*accounts, **fields), store, metrics or Metrics(), stop)
    try:
        yield led
    finally:
        stop.set()
        led.join(15)


def wait_for(is_so: Callable[[], object], within_s: float = 15) -> None:
    """Waits until something is so; fails if it takes longer."""
    until_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until_s, "it did not come about in time"
        time.sleep(0.02)


def all_rows(store: Store, account: str = ACCOUNT) -> list[StoredRow]:
    """All rows in order of position."""
    rows: list[StoredRow] = []
    after, more = None, True
    while more:
        page = store.read(account, after, 5_000)
        rows += page.rows
        after, more = page.after, page.more
    return rows
