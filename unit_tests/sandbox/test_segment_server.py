"""The Segment stand-in: every documented limit and silent drop, and the sink that tells of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import orjson
import pytest
import requests

from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import corrected_timestamp, drop_reason, segment_app
from mailjet_sandbox.serving import serving

KEY = "key-one"
NOW = datetime(2026, 2, 1, 12, 0, 0, tzinfo=timezone.utc)
CALL: dict[str, Any] = {
    "type": "track",
    "event": "Email Opened",
    "userId": "u-1",
    "messageId": "m-1",
    "timestamp": "2026-01-31T23:59:59Z",
    "properties": {"email_id": "1"},
}


@pytest.fixture
def ledger() -> SegmentLedger:
    return SegmentLedger()


@pytest.fixture
def url(ledger: SegmentLedger) -> Iterator[str]:
    with serving([segment_app(ledger, write_keys=[KEY, "key-two"], now=lambda: NOW)]) as (origin,):
        yield f"{origin}/v1/batch"


def post(url: str, calls: list[Any], key: str = KEY, **rest: Any) -> int:
    return requests.post(url, auth=(key, ""), json={"batch": calls, **rest}, timeout=5).status_code


def test_a_call_is_accepted_once_whatever_the_source_it_comes_from(url: str, ledger: SegmentLedger) -> None:
    assert post(url, [CALL]) == post(url, [CALL]) == post(url, [CALL], key="key-two") == 200
    assert (ledger.accepted, ledger.duplicates, ledger.requests) == (1, 2, 3)
    assert ledger.events == {"Email Opened": 1}
    assert ledger.accepted_calls[0].write_key == KEY
    assert ledger.calls[0] == CALL


def test_the_write_key_may_come_in_the_body(url: str, ledger: SegmentLedger) -> None:
    assert requests.post(url, timeout=5, json={"writeKey": KEY, "batch": [CALL]}).status_code == 200
    assert ledger.accepted == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}])
def test_a_wrong_write_key_gets_200_and_is_dropped(url: str, ledger: SegmentLedger, headers: dict[str, str]) -> None:
    assert requests.post(url, timeout=5, json={"batch": [CALL]}, headers=headers).status_code == 200
    assert post(url, [CALL, CALL], key="another") == 200
    assert ledger.accepted == 0
    assert ledger.dropped == {"unknown write key": 3}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({**CALL, "userId": None}, "no identity"),
        ({**CALL, "userId": " "}, "no identity"),
        ({**CALL, "event": ""}, "no event name"),
        ({**CALL, "type": None}, "no type"),
        ({**CALL, "messageId": "m" * 100}, "message id too long"),
        ({**CALL, "timestamp": "yesterday"}, "unreadable time"),
        ({**CALL, "timestamp": "2026-02-30T00:00:00Z"}, "unreadable time"),
        ({**CALL, "sentAt": "2026-01-01T25:00:00.5Z"}, "unreadable time"),
        ({**CALL, "properties": {"x": "é" * 16_384}}, "more than 32 KB"),
        ("a text", "not an object"),
    ],
)
def test_what_segment_drops_gets_200_and_a_reason_in_the_ledger(
    url: str, ledger: SegmentLedger, call: Any, reason: str
) -> None:
    assert post(url, [call, {**CALL, "messageId": "good"}]) == 200
    assert ledger.dropped == {reason: 1}
    assert ledger.message_ids == ("good",)


def test_what_its_json_writer_does_not_take_is_weighed_all_the_same(url: str, ledger: SegmentLedger) -> None:
    deep: Any = "x" * 100
    for _ in range(300):
        deep = [deep]
    assert post(url, [{**CALL, "properties": {"x": deep}}]) == 200
    assert (ledger.accepted, ledger.dropped) == (1, {})
    assert drop_reason({**CALL, "properties": {"x": 2**64}}) is None
    assert drop_reason({**CALL, "properties": {"x": 2**64, "y": "é" * 16_384}}) == "more than 32 KB"


def test_a_batch_of_more_than_2500_calls_gets_200_and_is_dropped_whole(url: str, ledger: SegmentLedger) -> None:
    small = {"type": "track", "event": "e", "userId": "u"}
    assert post(url, [small] * 2_501) == 200
    assert ledger.dropped == {"more than 2500 calls in the batch": 2_501}
    assert post(url, [small] * 2_500) == 200
    assert ledger.accepted == 2_500


def test_an_oversized_body_is_refused_at_its_first_byte_too_many(url: str, ledger: SegmentLedger) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}
    body = orjson.dumps({"batch": []})
    full = body + b" " * (500_000 - len(body))
    assert requests.post(url, timeout=5, data=full, headers=headers).status_code == 200
    assert requests.post(url, timeout=5, data=full + b" ", headers=headers).status_code == 400
    assert ledger.answers == {200: 1, 400: 1}


@pytest.mark.parametrize("body", [b'{"batch":[', b"[]", b'{"batch":{}}', b"{}", b"\xff"])
def test_broken_json_is_refused_with_a_json_answer(url: str, body: bytes) -> None:
    answer = requests.post(url, timeout=5, data=body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False


def test_an_empty_batch_is_welcome(url: str, ledger: SegmentLedger) -> None:
    assert post(url, []) == 200
    assert ledger.accepted == 0


def test_sent_at_moves_the_timestamp_by_the_clock_of_the_sender() -> None:
    assert corrected_timestamp("2026-01-01T00:00:00Z", None, NOW) == "2026-01-01T00:00:00Z"
    assert corrected_timestamp("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", NOW) == "2026-02-01T11:00:00Z"
    assert corrected_timestamp(None, None, NOW) == "2026-02-01T12:00:00Z"


def test_sent_at_of_the_batch_counts_too(url: str, ledger: SegmentLedger) -> None:
    assert post(url, [CALL], sentAt="2026-02-01T00:00:00Z") == 200
    assert ledger.calls[0]["timestamp"] == "2026-02-01T11:59:59Z"


def test_a_ledger_of_digests_counts_each_id_once_and_keeps_none() -> None:
    ledger = SegmentLedger(keep_ids=False)
    assert (ledger.accepted, ledger.duplicates) == (0, 0)
    with serving([segment_app(ledger, write_keys=[KEY])]) as (origin,):
        for first in (0, 200):
            calls = [{**CALL, "messageId": f"m-{number}"} for number in range(first, first + 300)]
            assert post(f"{origin}/v1/batch", [*calls, {**CALL, "userId": None}]) == 200
    assert (ledger.accepted, ledger.duplicates, ledger.dropped) == (500, 100, {"no identity": 2})
    assert (ledger.calls, ledger.message_ids, ledger.events) == ((), (), {"Email Opened": 600})


def test_a_flat_ledger_keeps_ids_and_counts_only() -> None:
    ledger = SegmentLedger(keep_calls=False)
    with serving([segment_app(ledger, write_keys=[KEY])]) as (origin,):
        assert post(f"{origin}/v1/batch", [CALL]) == 200
    assert (ledger.calls, ledger.message_ids, ledger.events) == ((), ("m-1",), {"Email Opened": 1})
