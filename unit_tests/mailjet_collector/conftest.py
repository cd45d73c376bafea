"""Each test of a collector runs twice: on SQLite, and on PostgreSQL if it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.postgres_fixture import postgres
from unit_tests.mailjet_collector.running import Leader, Running, running_collector

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
