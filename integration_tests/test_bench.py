"""The benchmark itself, on a tiny account and without its peers: whether it measures, checks and writes its page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import pytest

from lab.benchmarks.bench import run_benchmark
from lab.benchmarks.figures import LostError
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.plan import QUICK
from lab.benchmarks.races import READING, SENDING
from lab.benchmarks.results import SYNC, to_markdown
from lab.benchmarks.stand_ins import StandIns, make_sandbox
from lab.benchmarks.sync_goals import AGAIN, FIRST, FORMER, HANDED, LOADED, READ
from lab.benchmarks.sync_speed import DAYS, PROGRAM, measure_sync
from lab.benchmarks.sync_trial import SyncTrial

PARTS = (READ, HANDED, LOADED)


@pytest.mark.long_series
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
    assert {FIRST, AGAIN} < results.sync.keys()
    assert "sync: nothing new" in page
    assert "0 are missing, 0 are wrong, 0 came twice" in page


@pytest.mark.long_series
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
