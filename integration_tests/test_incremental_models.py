"""`mailjet__events` is incremental: however its events come, it is what a full refresh would make of them.

Events come in any order, in several loads between runs of dbt, late ones too; some come again, with other values.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from lab.compile_models import DBT, PACKAGE
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import ALL_KINDS
from unit_tests.analytics.answers_of_truth import row_of, to_table
from unit_tests.series import seeds

LOADS = 3
PROFILE = "mailjet: {target: t, outputs: {t: {type: duckdb, path: \"{{ env_var('DATABASE') }}\", schema: models}}}"
MODELS = ("mailjet__events", "mailjet__messages")
FIRST_LOAD = datetime(2025, 6, 1, tzinfo=timezone.utc)
RUN = (
    *("build", "--select", *(f"+{model}" for model in MODELS), "--exclude-resource-type", "test", "unit_test"),
    *("--vars", json.dumps({"mailjet_schema": "source"})),
)
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by stream."""

pytestmark = pytest.mark.skipif(
    not (DBT / "dbt").exists() and not os.environ.get("CI"), reason="dbt has no environment: make models makes it"
)


def make_loads(rng: Random) -> Iterator[Rows]:
    """What each load brings of a small account: its events in any order, and a few of them once more, renamed."""
    events = Sandbox(seed=rng.randrange(1_000), messages=150, days=20, planted=True).truth(with_blocked=True)
    rng.shuffle(events)
    loaded: list[tuple[str, dict[str, Any]]] = []
    for number in range(LOADS):
        fresh = [(event.stream, row_of(event)) for event in events[number::LOADS]]
        again = [
            (stream, {**row, "campaign_name": f"renamed {number}", "user_id": "known now", "anonymous_id": None})
            for stream, row in rng.sample(loaded, min(len(loaded), 15))
        ]
        load = defaultdict[str, list[Mapping[str, Any]]](list)
        for place, (stream, row) in enumerate([*fresh, *again]):
            # A store hands on what waited for its person, so an event may come after others that were received later.
            jitter_s = rng.randrange(7_200) * 1_000 + place
            row["received_at"] = FIRST_LOAD + timedelta(hours=number, milliseconds=jitter_s)
            load[stream].append(row)
        loaded += fresh
        yield load


def write(load: Rows, folder: Path) -> list[str]:
    """A Parquet file for each stream, with all columns."""
    folder.mkdir()
    files = []
    for kind in ALL_KINDS:
        files.append(str(folder / f"{kind.stream}.parquet"))
        pq.write_table(to_table(kind.stream, load.get(kind.stream, ())), files[-1])
    return files


def read(database: Path, model: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(f"SELECT * FROM models.{model} ORDER BY ALL").fetchall()


@pytest.mark.parametrize("seed", seeds(8, always=1))
def test_runs_after_each_load_make_what_one_run_makes_of_all(tmp_path: Path, seed: int) -> None:
    (tmp_path / "profiles.yml").write_text(PROFILE, "utf-8")
    grown, whole = tmp_path / "grown.duckdb", tmp_path / "whole.duckdb"
    files = [write(load, tmp_path / f"load_{number}") for number, load in enumerate(make_loads(Random(seed)))]
    steps: list[tuple[str, list[str], Sequence[str]]] = [(str(grown), load, RUN) for load in files]
    steps.append((str(whole), [file for load in files for file in load], RUN))
    command = [str(DBT / "python"), str(Path(__file__).parent / "dbt_runs.py"), str(PACKAGE), str(tmp_path)]
    done = subprocess.run([*command, json.dumps(steps)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
    for model in MODELS:
        assert read(grown, model) == read(whole, model), model
    events = read(grown, MODELS[0])
    assert len(events) > 200
    assert "OK created sql incremental model" in done.stdout
