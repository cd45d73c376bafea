"""Each test of a store runs twice: in SQLite, and in PostgreSQL if it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from event_store.store import Store
from lab.postgres_fixture import postgres
from unit_tests.event_store.posts import ACCOUNT, NOW

__all__ = ["postgres"]


@pytest.fixture
def sqlite_address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def address(request: pytest.FixtureRequest) -> str:
    """Where an empty database is."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_address"))
    return str(request.getfixturevalue("postgres").emptied())


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """A store with one account."""
    opened = Store(address)
    opened.open_account(ACCOUNT, "0123abcd", NOW)
    yield opened
    opened.close()
