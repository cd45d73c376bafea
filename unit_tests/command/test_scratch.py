"""The private folder of a run goes away with it, or with the next run, and nobody else's does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = "from mailjet_segment.scratch import make_scratch; print(make_scratch(), flush=True); input()"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The temporary folder of the runs."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def start(root: Path) -> tuple[subprocess.Popen[str], Path]:
    """A run, and its folder."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN],
        env={**os.environ, "TMPDIR": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout
    return run, Path(run.stdout.readline().strip())


def test_a_run_removes_its_own_folder_and_that_of_a_run_that_was_killed(root: Path) -> None:
    killed, left = start(root)
    (left / "config.json").write_text("secret", "utf-8")
    killed.kill()
    killed.communicate()
    living, folder = start(root)
    other, others = start(root)
    assert set(root.iterdir()) == {folder, others}
    assert (folder.stat().st_mode & 0o777) == 0o700
    for run in (living, other):
        run.communicate("\n", timeout=20)
    assert list(root.iterdir()) == []


def test_a_folder_that_no_run_made_stays_whatever_it_is_called(root: Path) -> None:
    mine = root / "mailjet-segment-mine"
    mine.mkdir()
    (mine / "notes").write_text("mine", "utf-8")
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".in-use-by-mailjet-segment").touch()
    (root / "mailjet-segment-link").symlink_to(elsewhere)
    run, _ = start(root)
    run.communicate("\n", timeout=20)
    assert {path.name for path in root.iterdir()} == {"mailjet-segment-mine", "mailjet-segment-link"}
    assert (mine / "notes").exists()
    assert elsewhere.exists()
