"""A database that another program has open is waited for, so long as one cares to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailjet_segment.warehouse import Waiting, open_warehouse
from program.failure import Failure


@contextmanager
def held(database: Path, for_s: float) -> Iterator[None]:
    """Another process that has it open for so long."""
    hold = f"import duckdb, time; held = duckdb.connect({str(database)!r}); print(flush=True); time.sleep({for_s})"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.kill()


def no_pause(wait_s: float) -> bool:
    return False


def test_it_is_opened_when_the_other_has_closed_it_and_one_line_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    with held(tmp_path / "m.duckdb", 1), open_warehouse(tmp_path / "m.duckdb", Waiting(said.append, no_pause)) as it:
        assert it.execute("SELECT 1").fetchall() == [(1,)]
    assert len(said) == 1


def test_one_that_stays_open_is_a_failure_when_the_time_is_up(tmp_path: Path) -> None:
    said: list[str] = []
    waiting = Waiting(said.append, no_pause, for_s=0.3)
    with (
        held(tmp_path / "m.duckdb", 60),
        pytest.raises(Failure, match="is in use by another program"),
        open_warehouse(tmp_path / "m.duckdb", waiting),
    ):
        pass


def test_a_wish_to_stop_ends_the_wait(tmp_path: Path) -> None:
    said: list[str] = []
    waiting = Waiting(said.append, lambda wait_s: True)
    with (
        held(tmp_path / "m.duckdb", 60),
        pytest.raises(Failure, match="is in use by another program"),
        open_warehouse(tmp_path / "m.duckdb", waiting),
    ):
        pass
