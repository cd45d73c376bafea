"""The stand-ins in a process of their own, as judges of what a source printed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import requests

from lab.benchmarks.stand_ins import Difference, Places, StandIns
from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant

MAKE = partial(Sandbox, messages=200, hard_cases=False)


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[StandIns]:
    with StandIns(MAKE) as serving:
        yield serving


@pytest.fixture
def printed() -> list[str]:
    """The lines of a source that tells the truth."""
    sandbox = MAKE()
    told = {one.id: one for one in sandbox.truth(until=sandbox.now - timedelta(seconds=5)) if not one.beyond_rest}
    lines = []
    for one in told.values():
        row = {"id": one.id, "timestamp": format_instant(one.at), **({"user_id": one.user_id} if one.user_id else {})}
        for stream in (one.stream, "tracks"):
            message = {"type": "RECORD", "record": {"stream": stream, "data": row}}
            lines.append(json.dumps(message, separators=(",", ":")) + "\n")
    assert len(lines) > 400
    return lines


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "printed"
    path.write_text("".join(lines), "utf-8")
    return path


def test_the_truth_has_no_difference(stand_ins: StandIns, printed: list[str], tmp_path: Path) -> None:
    difference = stand_ins.compare(written(tmp_path, printed))
    assert (difference.events, difference.is_none) == (len(printed) // 2, True)


def test_what_is_missing_changed_or_doubled_is_found(stand_ins: StandIns, printed: list[str], tmp_path: Path) -> None:
    missing = stand_ins.compare(written(tmp_path, printed[1:]))
    assert (missing.missing, missing.wrong, missing.doubled) == (1, 0, 0)
    doubled = stand_ins.compare(written(tmp_path, [*printed, printed[0]]))
    assert (doubled.missing, doubled.wrong, doubled.doubled) == (0, 0, 1)
    named = next(line for line in printed if '"user_id"' in line)
    other = named.replace('"user_id":"', '"user_id":"not-')
    changed = stand_ins.compare(written(tmp_path, [other if line == named else line for line in printed]))
    assert (changed.missing, changed.wrong, changed.doubled) == (1, 1, 0)


def test_segment_counts_what_it_took_since_the_last_reset(stand_ins: StandIns) -> None:
    places = stand_ins.places
    call = {"type": "track", "event": "Email Opened", "userId": "u-1", "messageId": "m-1"}
    for _ in range(2):
        stand_ins.reset()
        for body in ({"batch": [call, {**call, "messageId": "m-2"}]}, {"batch": [call, {**call, "userId": ""}]}):
            url = f"{places.segment_url}/v1/batch"
            assert requests.post(url, json=body, auth=(places.write_key, ""), timeout=30).ok
        delivered = stand_ins.delivered()
        counts = (delivered.accepted, delivered.doubled, delivered.dropped, delivered.requests)
        assert counts == (2, 1, 1, 2)
        assert delivered.first_s < delivered.last_s


def test_ids_are_compared_with_those_of_what_happened(stand_ins: StandIns, printed: list[str]) -> None:
    happened = sorted({json.loads(line)["record"]["data"]["id"] for line in printed})
    assert stand_ins.compare_ids(happened) == Difference(len(happened), 0, 0, 0)
    assert stand_ins.compare_ids([*happened[2:], happened[2], "another"]) == Difference(len(happened), 2, 1, 1)


def test_ids_at_segment_are_compared_with_those_of_what_happened(stand_ins: StandIns, printed: list[str]) -> None:
    places = stand_ins.places
    stand_ins.reset()
    suffix = hashlib.sha256(places.write_key.encode()).hexdigest()[:8]
    happened = sorted({json.loads(line)["record"]["data"]["id"] for line in printed})
    ids = [f"{event_id}-{suffix}" for event_id in happened]
    deliver(places, ids[1:])
    assert stand_ins.compare_delivered() == Difference(len(ids), 1, 0, 0)
    deliver(places, ids[:1])
    assert stand_ins.compare_delivered().is_none
    deliver(places, [ids[0], happened[0]])
    assert stand_ins.compare_delivered() == Difference(len(ids), 0, 1, 1)


def deliver(places: Places, ids: list[str]) -> None:
    call = {"type": "track", "event": "Email Opened", "userId": "u-1"}
    body = {"batch": [{**call, "messageId": event_id} for event_id in ids]}
    assert requests.post(f"{places.segment_url}/v1/batch", json=body, auth=(places.write_key, ""), timeout=30).ok


def test_latency_holds_for_both_and_ends(stand_ins: StandIns) -> None:
    places = stand_ins.places
    stand_ins.set_latency(0.3)
    mailjet = requests.get(f"{places.mailjet_url}/v3/REST/campaign", auth=("a", "b"), timeout=30)
    segment = requests.post(f"{places.segment_url}/v1/batch", json={"batch": []}, timeout=30)
    assert min(mailjet.elapsed.total_seconds(), segment.elapsed.total_seconds()) >= 0.3
    stand_ins.set_latency(0)
    stand_ins.reset()
    assert not stand_ins.requests_by_resource()
