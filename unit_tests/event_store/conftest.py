"""Each test of a store runs twice: in SQLite, and in PostgreSQL if it is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from event_store.store import Store
from lab.postgres_fixture import address, postgres, sqlite_address
from unit_tests.event_store.posts import ACCOUNT, NOW

__all__ = ["address", "postgres", "sqlite_address"]


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """A store with one account."""
    opened = Store(address)
    opened.open_account(ACCOUNT, "0123abcd", NOW)
    yield opened
    opened.close()
