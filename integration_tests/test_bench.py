"""The benchmark itself, on a tiny account and without its peers: whether it measures, checks and writes its page."""

from __future__ import annotations

from pathlib import Path

from lab.benchmarks.bench import run_benchmark
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.plan import QUICK
from lab.benchmarks.races import READING, SENDING
from lab.benchmarks.results import to_markdown


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
    assert "0 are missing, 0 are wrong, 0 came twice" in page
