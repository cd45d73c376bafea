"""From what a collector counted, and from answers to posts, to the figures of the benchmark."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lab.benchmarks.collector_goals import GROUPED, SINGLE, CollectorSpeed, Received, Whole
from lab.benchmarks.collector_trial import lag_p99_s
from lab.benchmarks.webhook_load import Events, Load, Person

NAME = 'mailjet_collector_lag_seconds_bucket{{account="acme",le="{}"}}'


def received(size: int, *rates: int, answers_s: Sequence[float] = (0.02, 0.02, 9)) -> Received:
    half = [Load(1, 1.0, [took_s]) for took_s in answers_s]
    return Received("SQLite", size, [Load(rate, 1.0, [0.01] * 100) for rate in rates], half)


def speed(lag_s: float = 1, peer: int = 100, **answers_s: Sequence[float]) -> CollectorSpeed:
    whole = Whole("SQLite", 60, 5_001, 0.02, lag_s, 90, 92, 95)
    peers = [Received("django-anymail", GROUPED, [Load(peer, 1.0)], [])]
    return CollectorSpeed(
        [received(GROUPED, 1, 16_000, 90_000, **answers_s), received(SINGLE, 1)], peers, [whole], 9, 20_000, 80, 0.0002
    )


def missed(figures: CollectorSpeed) -> list[str]:
    return [goal.what.rpartition(": ")[2] for goal in figures.goals() if not goal.met]


def test_the_lag_is_estimated_within_the_bucket_that_holds_it() -> None:
    counted = {"0.5": 90.0, "1.0": 98.0, "2.0": 100.0, "+Inf": 100.0}
    metrics = {NAME.format(upper): count for upper, count in counted.items()} | {"another_bucket": 7.0}
    assert lag_p99_s(metrics) == pytest.approx(1.5)


def test_the_median_of_the_runs_counts_and_each_promise_can_be_missed() -> None:
    assert missed(speed()) == ["single posts over 16 connections"]
    assert missed(speed(lag_s=2.1)) == ["single posts over 16 connections", "the lag's p99"]
    assert missed(speed(answers_s=(0.02, 0.06, 0.06))) == ["an answer's p99", "single posts over 16 connections"]
    assert missed(speed(peer=3_201)) == ["posts of 50, times django-anymail", "single posts over 16 connections"]


def test_no_two_events_are_of_one_message() -> None:
    events = Events([Person(1, "a@example.com", 2)])
    bodies = [events.body(1) for _ in range(3)] + [events.body(2)]
    numbers = [part.partition(b",")[0] for body in bodies for part in body.split(b'"MessageID":')[1:]]
    assert len(numbers) == len(set(numbers)) == 5
