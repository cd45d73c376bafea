"""The rows of an account in Python: by `mailjet_segment.read`, and in a pipeline of dlt."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pytest

import mailjet_segment
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.sandbox_command import source_config
from program.failure import Failure
from segment_events.kinds import KIND_BY_STREAM

DOCS = Path(__file__).parents[2] / "docs" / "without-airbyte.md"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=400, days=10, days_ahead=1) as made:
        yield made


@pytest.fixture
def config(sandbox: Sandbox) -> dict[str, Any]:
    return {**source_config(sandbox), "max_requests_per_second": 10_000}


def happened(sandbox: Sandbox) -> list[str]:
    return sorted({event.id for event in sandbox.truth(since=sandbox.start) if not event.beyond_rest})


def test_each_event_comes_once_and_later_only_what_is_new(sandbox: Sandbox, config: dict[str, Any]) -> None:
    events = mailjet_segment.read(config)
    found = [(stream, row["id"]) for stream, row in events]
    assert {stream for stream, _ in found} <= set(KIND_BY_STREAM)
    assert sorted(str(event_id) for _, event_id in found) == happened(sandbox)
    sandbox.now += timedelta(days=1)
    later = [str(row["id"]) for _, row in mailjet_segment.read(config, json.loads(json.dumps(events.state)))]
    assert sorted({str(event_id) for _, event_id in found} | set(later)) == happened(sandbox)
    assert later
    assert not set(later) & {str(event_id) for _, event_id in found}


def test_who_stops_early_misses_nothing_by_going_on(sandbox: Sandbox, config: dict[str, Any]) -> None:
    events = mailjet_segment.read(config)
    found = {str(row["id"]) for _, row in islice(events, 250)}
    found |= {str(row["id"]) for _, row in mailjet_segment.read(config, events.state)}
    assert sorted(found) == happened(sandbox)


def test_what_fails_is_raised_after_all_that_can_be_read(sandbox: Sandbox, config: dict[str, Any]) -> None:
    sandbox.set_faults(Fault("openinformation", status(401), times=None))
    events = mailjet_segment.read(config)
    found: set[str] = set()
    with pytest.raises(Failure, match="401"):
        found.update(str(row["id"]) for _, row in events)
    assert found
    sandbox.set_faults()
    found |= {str(row["id"]) for _, row in mailjet_segment.read(config, events.state)}
    assert sorted(found) == happened(sandbox)


def test_the_pipeline_of_the_docs_loads_each_event_once(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    (program,) = re.findall(r"```python\n(import dlt\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    (tmp_path / "source.json").write_text(json.dumps(config))
    for _ in range(2):
        own = {**os.environ, "DLT_DATA_DIR": str(tmp_path / "dlt"), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        words = [sys.executable, "-c", program]
        done = subprocess.run(words, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        with duckdb.connect(str(tmp_path / "events.duckdb"), read_only=True) as connection:
            rows = connection.execute("SELECT id FROM mailjet.tracks").fetchall()
            [(kind,)] = connection.execute("SELECT DISTINCT typeof(timestamp) FROM mailjet.email_opened").fetchall()
        assert sorted(event_id for (event_id,) in rows) == happened(sandbox)
        assert kind == "TIMESTAMP WITH TIME ZONE"
        sandbox.now += timedelta(days=1)
