"""What the commands write for people is whole or as it was, alone in its folder, and private if it holds addresses."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from integration_tests.command_account import COMMAND, wait_until
from lab.report_account import make_report_account
from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.period import ALL
from mailjet_segment.analytics.place import Place, duckdb_place
from mailjet_segment.analytics.reconciled import Reconciled, read_reconciled, write_reconciled
from mailjet_segment.cli import main
from mailjet_segment.exploring.command import run_explore
from mailjet_segment.exporting.folder import write_files
from mailjet_segment.exporting.selection import select_tables
from mailjet_segment.exporting.workbook import Cuts, write_workbook
from mailjet_segment.private_file import write_private
from mailjet_segment.report.command import Wanted, write_page
from program.failure import Failure
from unit_tests.room import little_room

AT = datetime(2026, 1, 31, tzinfo=timezone.utc)
RECONCILED = Reconciled(AT, AT, AT, "Agrees with Mailjet's counters exactly.", agrees=True, events=1, unexplained=0)
CSV = "mailjet__messages.csv"
PARQUET = "mailjet__messages.parquet"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A DuckDB file with a few campaigns."""
    file = tmp_path_factory.mktemp("tables") / "mailjet.duckdb"
    make_report_account(file, campaigns=3, messages=40)
    return duckdb_place(file)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    "words, output, name, is_private",
    [
        (["report"], "page.html", "page.html", False),
        (["report", "--with-recipients"], "page.html", "page.html", True),
        (["explore"], "page.html", "page.html", False),
        (["export", "--format", "xlsx"], "mailjet.xlsx", "mailjet.xlsx", True),
        (["export", "--format", "csv"], "", CSV, True),
        (["export", "--format", "parquet"], "", PARQUET, True),
    ],
)
def test_a_file_with_addresses_is_for_its_owner_alone_and_another_as_it_was(
    place: Place, tmp_path: Path, words: list[str], output: str, name: str, is_private: bool
) -> None:
    file = tmp_path / name
    command = [*words, "--duckdb", place.address, "-o", str(tmp_path / output)]
    before = os.umask(0o027)
    try:
        assert main(command) == 0
        assert mode(file) == (0o600 if is_private else 0o640)
        file.chmod(0o664)
        assert main(command) == 0
    finally:
        os.umask(before)
    assert mode(file) == (0o600 if is_private else 0o664)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


Writer = Callable[[duckdb.DuckDBPyConnection, Place, Path], object]


def report(connection: duckdb.DuckDBPyConnection, place: Place, file: Path) -> None:
    write_page(connection, place, Wanted(), file)


def workbook(connection: duckdb.DuckDBPyConnection, place: Place, file: Path) -> None:
    list(write_workbook(connection, select_tables(connection, False)[2:4], file, Path(place.address).parent, Cuts()))


def csv(connection: duckdb.DuckDBPyConnection, place: Place, file: Path) -> None:
    list(write_files(connection, select_tables(connection, False), file.parent, "csv"))


def parquet(connection: duckdb.DuckDBPyConnection, place: Place, file: Path) -> None:
    list(write_files(connection, select_tables(connection, False), file.parent, "parquet"))


def reconcile(connection: duckdb.DuckDBPyConnection, place: Place, file: Path) -> None:
    write_reconciled(duckdb_place(file.parent / "mailjet.duckdb"), RECONCILED)


def init(connection: duckdb.DuckDBPyConnection, place: Place, file: Path) -> None:
    write_private(file, {"api_key": "0123456789abcdef"})


WRITERS: Mapping[str, tuple[Writer, str, int]] = {
    "report": (report, "page.html", 0),
    "csv": (csv, "mailjet__events.csv", 0),
    "parquet": (parquet, "mailjet__events.parquet", 0),
    "reconcile": (reconcile, "mailjet.reconciled.json", 0),
    "init": (init, "source.json", 0),
    "xlsx": (workbook, "mailjet.xlsx", 1_000),
}
"""What writes which file, and how long a file may be: a workbook is packed from parts, and none of these fits."""


@pytest.mark.parametrize("writer, name, size", WRITERS.values(), ids=WRITERS)
def test_a_full_disk_leaves_the_old_file_and_is_a_sentence(
    place: Place, tmp_path: Path, writer: Writer, name: str, size: int
) -> None:
    file = tmp_path / name
    file.write_text("old")
    with (
        open_answers(place) as connection,
        pytest.raises(Failure, match=rf"^{file} cannot be written: File too large; .+\.$"),
        little_room(size),
    ):
        writer(connection, place, file)
    assert file.read_text() == "old"
    assert [*tmp_path.iterdir()] == [file]


def test_a_full_disk_leaves_the_old_page_of_explore(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "explore.html"
    file.write_text("old")
    with pytest.raises(Failure, match=rf"^{file} cannot be written: File too large; .+\.$"), little_room(4_000_000):
        run_explore(place, ALL, file)
    assert file.read_text() == "old"
    assert [*tmp_path.iterdir()] == [file]


def test_what_was_reconciled_is_kept(tmp_path: Path) -> None:
    place = duckdb_place(tmp_path / "mailjet.duckdb")
    write_reconciled(place, RECONCILED)
    assert read_reconciled(place) == RECONCILED
    assert [path.name for path in tmp_path.iterdir()] == ["mailjet.reconciled.json"]


def test_ctrl_c_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    tables, scratch, file = tmp_path / "mailjet.duckdb", tmp_path / "scratch", tmp_path / "out" / "mailjet.xlsx"
    make_report_account(tables, campaigns=10, messages=1_000)
    scratch.mkdir()
    file.parent.mkdir()
    file.write_text("old")
    with subprocess.Popen(
        [str(COMMAND), "export", "--format", "xlsx", "--duckdb", str(tables), "-o", str(file)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until(lambda: len([*file.parent.iterdir()]) > 1, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (130, "mailjet-segment: stopped.")
    assert file.read_text() == "old"
    assert [*file.parent.iterdir(), *scratch.iterdir()] == [file]
