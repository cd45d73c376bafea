"""The benchmark itself, on a tiny account and without its peers: whether it measures, checks and writes its page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import duckdb
import pytest

from lab.benchmarks.bench import run_benchmark
from lab.benchmarks.figures import LostError
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.plan import QUICK
from lab.benchmarks.races import READING, SENDING
from lab.benchmarks.results import REPORT, SYNC, to_markdown
from lab.benchmarks.stand_ins import StandIns, make_sandbox
from lab.benchmarks.sync_goals import AGAIN, FIRST, FORMER, HANDED, LOADED, READ
from lab.benchmarks.sync_speed import DAYS, PROGRAM, measure_sync
from lab.benchmarks.sync_trial import SyncTrial
from lab.browser import find_browser

PARTS = (READ, HANDED, LOADED)
pytestmark = pytest.mark.long_series


def test_the_benchmark_measures_all_and_writes_its_page(tmp_path: Path) -> None:
    results = run_benchmark(QUICK, None, tmp_path, describe_machine())
    assert results.requests.difference.is_none
    assert len(results.requests.syncs) == len(QUICK.steps)
    for sync in results.requests.syncs:
        assert 0 < sync.floor <= sync.requests
    assert results.requests.syncs[0].events > 1_000
    for race in results.races:
        for speed in race.speeds:
            assert speed.per_s > 0
            assert speed.per_1000 > 0
            assert speed.cpu_s > 0
            assert speed.peak_bytes > 10_000_000
            assert not speed.lost
    page = to_markdown(results)
    assert f"## {READING}\n" in page
    assert f"## {SENDING}\n" in page
    assert f"## {SYNC}\n" in page
    assert f"## {REPORT}\n" in page
    assert ("shown in a browser" in page) is (find_browser() is not None)
    assert {FIRST, AGAIN} < results.sync.keys()
    assert "sync: nothing new" in page
    assert "0 are missing, 0 are wrong, 0 came twice" in page


def test_sync_is_measured_beside_a_former_release_and_on_a_larger_account(tmp_path: Path) -> None:
    """The former release is this one; a larger account is larger than none."""
    speed = measure_sync(QUICK, PROGRAM, tmp_path, print, large_messages=1_500)
    assert speed.former
    for run in (speed.ours.first[0], speed.former.first[0]):
        assert {name: part.events for name, part in run.parts.items()} == dict.fromkeys(PARTS, speed.events)
    assert speed.events > 1_000
    assert 0 < speed.ours.again_s < speed.ours.first_s
    assert speed.ours.peak_mb > 100
    assert speed.large
    assert speed.large.run.parts[READ].events == speed.large.events > speed.events
    assert f"sync: times {FORMER}, end to end" in {goal.what for goal in speed.goals()}


def test_a_sync_that_brought_something_else_than_what_happened_ends_the_run(tmp_path: Path) -> None:
    with StandIns(partial(make_sandbox, 200, DAYS)) as stand_ins:
        trial = SyncTrial(stand_ins, tmp_path)
        trial.first(PROGRAM, "sync")
        stand_ins.reset()
        with pytest.raises(LostError, match="did not bring to Segment what happened"):
            trial.again(PROGRAM, "sync")
        with duckdb.connect(str(trial.database("sync"))) as database:
            database.execute("DELETE FROM tracks WHERE id = (SELECT min(id) FROM tracks)")
        with pytest.raises(LostError, match="did not bring to DuckDB what happened"):
            trial.again(PROGRAM, "sync")


def test_without_a_browser_all_of_the_report_is_measured_but_its_page() -> None:
    command = [sys.executable, "-m", "lab.benchmarks.report_speed", "--quick"]
    done = subprocess.run(command, env={**os.environ, "PATH": "nowhere"}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "- in Chromium: not measured: there is no Chromium on the PATH\n" in done.stdout
    assert "shown in a browser" not in done.stdout
    assert re.search(r"the file beside its data \| [1-5]\d\d KB \| at most 600 KB \| met", done.stdout)
    assert re.search(r"- the command: \d+\.\d s \(median of 1\), CPU ", done.stdout)


@pytest.mark.parametrize(
    "variable, said", [("PATH", "BrowserType.launch"), ("PLAYWRIGHT_NODEJS_PATH", "Cannot launch Node.js")]
)
def test_why_a_browser_does_not_start_is_said(variable: str, said: str, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), variable: str(tmp_path)}
    code = "from lab.browser import open_browser\nwith open_browser(): pass"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert f"lab.browser.NoBrowserError: {said}" in done.stderr
