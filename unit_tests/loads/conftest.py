"""A store with an account, and targets of each kind that tests can look into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from event_store.store import Store
from lab.postgres_fixture import postgres, sqlite_address
from unit_tests.loads.rows import open_store
from unit_tests.loads.warehouses import Warehouse

__all__ = ["postgres", "sqlite_address"]


@pytest.fixture
def store(sqlite_address: str) -> Iterator[Store]:
    """A store in SQLite with one account."""
    opened = open_store(sqlite_address)
    yield opened
    opened.close()


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Path:
    return tmp_path / "warehouse" / "mailjet.duckdb"


@pytest.fixture(params=["duckdb", pytest.param("postgresql", marks=pytest.mark.servers)])
def warehouse(request: pytest.FixtureRequest, duckdb_file: Path) -> Warehouse:
    """An empty target: each test loads into DuckDB, and into PostgreSQL if it is installed."""
    if request.param == "duckdb":
        duckdb_file.parent.mkdir()
        return Warehouse(f"duckdb:///{duckdb_file}")
    return Warehouse(request.getfixturevalue("postgres").emptied())
