"""An account with a little of everything, its report, and the models that the report was made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lab.report_account import make_report_account
from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.report.command import Wanted, write_report


@pytest.fixture(scope="package")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty campaigns, some of them small, in two months."""
    file = tmp_path_factory.mktemp("report") / "account.duckdb"
    make_report_account(file, campaigns=30, messages=300)
    return file


@pytest.fixture(scope="package")
def page(database: Path) -> str:
    """The report as a sync leaves it."""
    output = database.with_name("page.html")
    write_report(duckdb_place(database), Wanted(), output)
    return output.read_text("utf-8")


@pytest.fixture(scope="package")
def models(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models, to ask them by SQL."""
    with open_answers(duckdb_place(database)) as connection:
        yield connection
