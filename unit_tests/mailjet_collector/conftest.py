"""Each test of a collector runs twice: on SQLite, and on PostgreSQL if it is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from event_store.store import Store
from lab.postgres_fixture import address, postgres, sqlite_address
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.running import Leader, Running, running_collector
from unit_tests.mailjet_collector.stage import account_of, open_store

__all__ = ["address", "postgres", "sqlite_address"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Mailjet and Segment, with a small account."""
    with Sandbox(messages=10) as served:
        yield served


@pytest.fixture
def store(sandbox: Sandbox, sqlite_address: str) -> Iterator[Store]:
    """A store in SQLite that has the sandbox's account."""
    opened = open_store(sqlite_address, account_of(sandbox))
    yield opened
    opened.close()


@pytest.fixture
def leader(address: str) -> Iterator[Leader]:
    """Leads in place of the collector."""
    leading = Leader(address)
    yield leading
    leading.close()


@pytest.fixture
def collector(address: str, leader: Leader) -> Iterator[Running]:
    """A collector of the account `acme`, which another leads."""
    with running_collector(address) as running:
        yield running


@pytest.fixture
def on_sqlite(sqlite_address: str) -> Iterator[Running]:
    """As `collector`, on SQLite alone: what is tested has nothing to do with the database."""
    leading = Leader(sqlite_address)
    with running_collector(sqlite_address) as running:
        yield running
    leading.close()
