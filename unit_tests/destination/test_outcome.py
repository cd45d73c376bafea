"""Answers of Segment, and of what may stand in its place, as outcomes; every row of the table of statuses."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from requests.structures import CaseInsensitiveDict

from segment_api.outcome import Accepted, Hopeless, Malformed, Outcome, TryLater, to_outcome
from segment_api.probe import NOT_PROVEN, probe

ORIGIN = "https://api.example.com"
NOW = datetime(2026, 2, 1, 12, 0, 0, tzinfo=timezone.utc)


def outcome(status: int, body: bytes = b'{"success":true}', /, **headers: str) -> Outcome:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return to_outcome(status, named, body, ORIGIN, NOW.timestamp())


def test_200_is_accepted() -> None:
    assert outcome(200) == Accepted()
    assert outcome(200, b"") == Accepted()


@pytest.mark.parametrize("body", [b'{"success":false}', b' { "message": "?", "success": false }\n'])
def test_200_that_denies_success_is_tried_again(body: bytes) -> None:
    assert outcome(200, body) == TryLater('HTTP 200 with "success": false', None)
    assert outcome(200, body, Retry_After="7") == TryLater('HTTP 200 with "success": false', 7.0)


@pytest.mark.parametrize("body", [b'{"success":"false"}', b'{"success":null}', b"{}", b"[false]", b"OK", b"\xff"])
def test_200_that_denies_nothing_is_accepted(body: bytes) -> None:
    assert outcome(200, body) == Accepted()


def test_a_web_page_with_200_is_not_segment() -> None:
    for answer in (outcome(200, b"\n<html>"), outcome(200, b"hello", Content_Type="text/html; charset=utf-8")):
        assert isinstance(answer, Hopeless)
        assert "web page" in answer.sentence


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_these_may_succeed_later(status: int) -> None:
    assert outcome(status, b"<html>") == TryLater(f"HTTP {status}", None)


@pytest.mark.parametrize("status", [400, 413])
def test_these_are_about_the_content(status: int) -> None:
    of_size = {"too_large": status == 413}
    assert outcome(status, b"{}") == Malformed(f"Segment answered {status}", in_json=True, **of_size)
    assert outcome(status, b"<html>") == Malformed(f"Segment answered {status}", in_json=False, **of_size)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "check 'write_key' and 'region'"),
        (403, "check 'write_key' and 'region'"),
        (301, "redirect (301), which is not followed"),
        (307, "redirect (307), which is not followed"),
        (404, "answered 404 to /v1/batch"),
        (204, "answered 204 to /v1/batch"),
    ],
)
def test_these_will_never_do_and_say_what_to_check(status: int, words: str) -> None:
    answer = outcome(status)
    assert isinstance(answer, Hopeless)
    assert words in answer.sentence


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "0"}, 0.0),
        ({"Retry_After": "1.5"}, 1.5),
        ({"Retry_After": "Sun, 01 Feb 2026 12:00:30 GMT"}, 30.0),
        ({"Retry_After": "Sun, 01 Feb 2026 12:00:30 GMT", "Date": "Sun, 01 Feb 2026 12:00:20 GMT"}, 10.0),
        ({"Retry_After": "Sun, 01 Feb 2026 11:00:00 GMT"}, 0.0),
        ({"X_RateLimit_Reset": "12"}, 12.0),
        ({"X_RateLimit_Reset": "1769947205"}, 5.0),
        ({"Retry_After": "3", "X_RateLimit_Reset": "12"}, 3.0),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "nan"}, None),
        ({"Retry_After": "Sun, 01 Feb 99999999999999999999 12:00:30 GMT"}, None),
        ({"Retry_After": "7", "Date": "Sun, 01 Feb 99999999999999999999 12:00:30 GMT"}, 7.0),
        ({}, None),
    ],
)
def test_what_a_429_asks_for(headers: dict[str, str], wait_s: float | None) -> None:
    assert outcome(429, **headers) == TryLater("HTTP 429", wait_s)


@pytest.mark.parametrize(
    ("answer", "reached", "words"),
    [
        (Accepted(), True, NOT_PROVEN),
        (Malformed("Segment answered 400", in_json=True), True, NOT_PROVEN),
        (Malformed("Segment answered 400", in_json=False), False, "cannot be reached at https://api.example.com"),
        (TryLater("no connection"), False, "(no connection)"),
        (Hopeless("Check this."), False, "Check this."),
    ],
)
def test_a_check_is_one_sentence(answer: Outcome, reached: bool, words: str) -> None:
    bodies: list[bytes] = []
    slept: list[float] = []
    ok, sentence = probe(lambda body: bodies.append(body) or answer, ORIGIN, slept.append)  # type: ignore[func-returns-value]
    assert ok is reached
    assert words in sentence
    assert set(bodies) == {b'{"batch":[]}'}
    assert (len(bodies), len(slept)) == ((2, 1) if isinstance(answer, TryLater) else (1, 0))
