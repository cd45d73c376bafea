"""What a long sync says of itself while it lasts."""

from __future__ import annotations

import pytest

from mailjet_reading.feeds.feeds import CLICKS, OPENS
from mailjet_reading.reading import Reading, begin_reading
from mailjet_reading.report import Report
from mailjet_reading.state import FeedState
from mailjet_rest.client import Mailjet
from mailjet_rest.phrases import duration, listed, stretch
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from source_mailjet_segment.progress import EVERY_S, Progress

NOW = 1_750_000_000


def nothing_asked() -> Mailjet:
    return Mailjet("http://127.0.0.1:9", "key", "secret", 10)


def reading(number: int, windows: int, read: int, *, is_planned: bool) -> Reading:
    begun = begin_reading(number, (OPENS, CLICKS)[number], FeedState(), ["tracks"], 0, 100, 0)
    for _ in range(windows):
        begun.turn.open()
    for _ in range(read):
        begun.turn.finish()
    if is_planned:
        begun.turn.open_no_more()
    return begun


def test_progress_is_said_of_windows_read_of_those_planned() -> None:
    now = [float(NOW)]
    progress = Progress(nothing_asked(), clock=lambda: now[0])
    now[0] += 125
    assert progress.line() == "After 2 min 5 s: 0 events; 0 requests."
    progress.follow([reading(0, 7, 3, is_planned=True), reading(1, 2, 0, is_planned=False)], Report())
    assert progress.line().endswith("0 requests; windows read: opens 3 of 7, clicks 0 of 2+.")


def test_while_everything_waits_progress_says_until_when() -> None:
    fault = Fault("", status(429, retry_after="200"))
    with Sandbox(messages=50, hard_cases=False, faults=[fault]) as sandbox:
        keys = (sandbox.api_key, sandbox.api_key_secret)
        api = Mailjet(sandbox.mailjet_url, *keys, 100, sleep=lambda _: None, jitter=lambda: 0.0)
        api.count("message", {})
        line = Progress(api, clock=lambda: NOW).line()
    assert "2 requests; 1 of them tried again; waited for rate limits: 0 s; now waiting until 2025-06-15T15:0" in line


def test_a_line_comes_every_so_often_until_the_end(log_lines: list[str]) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 4

    with Progress(nothing_asked(), wait=wait) as progress:
        progress._thread.join(timeout=10)
    assert waits == [EVERY_S] * 4
    assert len(log_lines) == 3
    assert EVERY_S < 30


def test_no_line_comes_after_the_end(log_lines: list[str]) -> None:
    with Progress(nothing_asked(), every_s=3600) as progress:
        pass
    assert not progress._thread.is_alive()
    assert log_lines == []


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "0 s"), (0.9, "0 s"), (59, "59 s"), (60, "1 min"), (3_605, "1 h"), (7_260, "2 h 1 min"), (93_600, "1 d 2 h")],
)
def test_lengths_of_time_have_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_counts_are_listed_the_largest_first() -> None:
    assert listed({"b": 2, "a": 2, "c": 1_000}) == "1,000 c, 2 a, 2 b"


def test_a_stretch_of_time_is_told_by_its_ends_and_its_pieces() -> None:
    assert stretch([]) == "nothing"
    assert stretch([(0, 60)]) == "1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1 min)"
    assert stretch([(0, 60), (3_600, 3_660)]).endswith("01:01:00Z (2 min, in 2 pieces)")
