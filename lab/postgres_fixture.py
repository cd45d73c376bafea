"""The server of `postgres.py` as a fixture of pytest: import it into the conftest of the tests that need one."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
