"""The server of `postgres.py`, and addresses of empty stores, as fixtures of pytest: import them into a conftest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.postgres import Postgres, find_programs, running

HOW_TO_INSTALL = "PostgreSQL is not installed: apt-get install postgresql"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests of the run. Without PostgreSQL they are skipped, but fail where CI is set."""
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_INSTALL, pytrace=False)
        pytest.skip(HOW_TO_INSTALL)
    with running(programs) as server:
        yield server


@pytest.fixture
def sqlite_address(tmp_path: Path) -> str:
    """The address of an empty store in SQLite."""
    return f"sqlite:///{tmp_path / 'events.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def address(request: pytest.FixtureRequest) -> str:
    """The address of an empty store: each test runs on SQLite, and on PostgreSQL if it is installed."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_address"))
    return str(request.getfixturevalue("postgres").emptied())
