"""Trying again: how long, how often, and with what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from program.budget import Budget
from segment_api.bisection import TOO_MANY_REFUSED, Settlement, settle_batch
from segment_api.outcome import Accepted, Hopeless, Malformed, Outcome, TryLater
from segment_api.packer import Batch, Body, Packer
from segment_api.retry import Persistence, RetryRule, plan_wait_s


class Time:
    """A clock that moves only when somebody waits, and can be told to stop at a moment."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self.now, self.stop_at, self.waits = 0.0, stop_at, list[float]()

    def __call__(self) -> float:
        return self.now

    def pause(self, wait_s: float) -> bool:
        self.waits.append(wait_s)
        self.now += wait_s
        return self.now >= self.stop_at


def persistence(outcomes: Iterable[Outcome], time: Time, rule: RetryRule, sent: list[Body]) -> Persistence:
    answers = iter(outcomes)

    def post(body: Body) -> Outcome:
        sent.append(body)
        return next(answers)

    budget = Budget(1e9, time, time.pause)
    return Persistence(post, rule, budget, pause=time.pause, clock=time, chance=lambda: 0.999)


def test_the_same_body_is_sent_until_it_is_taken() -> None:
    sent: list[Body] = []
    reasons: list[str] = []
    sending = persistence([TryLater("HTTP 503"), TryLater("no connection"), Accepted()], Time(), RetryRule(), sent)
    assert sending.send(b"body", reasons.append) == Accepted()
    assert sent == [b"body"] * 3
    assert reasons == ["HTTP 503", "no connection"]


@pytest.mark.parametrize("final", [Malformed("Segment answered 400"), Hopeless("No.")])
def test_what_cannot_get_better_is_not_tried_again(final: Outcome) -> None:
    sent: list[Body] = []
    assert persistence([final], Time(), RetryRule(), sent).send(b"body", print) == final
    assert len(sent) == 1


def test_retrying_ends_with_the_time_and_not_before() -> None:
    time, sent = Time(), list[Body]()
    forever = iter(lambda: TryLater("HTTP 500"), None)
    assert persistence(forever, time, RetryRule(for_s=900), sent).send(b"body", lambda reason: None) == TryLater(
        "HTTP 500"
    )
    assert time.now == pytest.approx(900)
    assert 30 < len(sent) < 60


def test_a_sync_that_stops_gives_up_its_waits_and_sends_nothing_more() -> None:
    sent: list[Body] = []
    waiting = persistence(iter(lambda: TryLater("HTTP 500"), None), Time(stop_at=3), RetryRule(), sent)
    assert waiting.send(b"body", lambda reason: None) == TryLater("HTTP 500")
    assert len(sent) < 5
    assert persistence([], Time(stop_at=0), RetryRule(), []).send(b"body", print) == TryLater(
        "stopped before it was sent"
    )


def test_waits_grow_to_a_bound_and_are_spread() -> None:
    rule = RetryRule()
    assert [plan_wait_s(rule, attempt, None, 0, 0.0) for attempt in (1, 2, 3, 8, 1_000)] == [0.25, 0.5, 1, 15, 15]
    assert plan_wait_s(rule, 3, None, 0, 0.5) == 1.5


def test_what_segment_asks_for_is_the_least_but_the_last_attempt_is_on_time() -> None:
    assert plan_wait_s(RetryRule(), 1, 42.0, 0, 0.0) == 42.0
    assert plan_wait_s(RetryRule(), 1, 42.0, 0, 0.5) == 42.25
    assert plan_wait_s(RetryRule(for_s=900), 1, 3_600.0, 100, 0.5) == 800
    assert plan_wait_s(RetryRule(for_s=900), 1, 1.0, 900, 0.5) is None


def batch(names: Iterable[str]) -> Batch:
    packer = Packer(lambda: 0.0)
    for name in names:
        packer.add(b'{"messageId":"%s"}' % name.encode())
    filled = packer.seal()
    assert filled is not None
    return filled


def refusing(*bad: str) -> tuple[list[str], Callable[[Body], Outcome]]:
    """The ids of the calls that were taken, in order, and how to send."""
    taken: list[str] = []

    def send(body: Body) -> Outcome:
        ids = [call["messageId"] for call in json.loads(bytes(body))["batch"]]
        if not set(ids).isdisjoint(bad):
            return Malformed("Segment answered 400")
        taken.extend(ids)
        return Accepted()

    return taken, send


def test_a_refused_batch_is_halved_down_to_the_call_that_causes_it() -> None:
    taken, send = refusing("d")
    settlement = settle_batch(batch("abcdefg"), send, go_on=True)
    assert settlement == Settlement(7, (("d", "Segment answered 400", 3),), Accepted())
    assert taken == list("abcefg")


def test_without_going_on_everything_before_the_culprit_is_sent_and_nothing_after_it() -> None:
    taken, send = refusing("d", "f")
    settlement = settle_batch(batch("abcdefg"), send, go_on=False)
    assert settlement == Settlement(3, (), Malformed("Segment answered 400"), "d")
    assert taken == list("abc")


def test_a_failure_among_the_halves_keeps_what_was_settled() -> None:
    answers = iter(list[Outcome]([Malformed("Segment answered 400"), Accepted(), TryLater("HTTP 500")]))
    settlement = settle_batch(batch("abcd"), lambda body: next(answers), go_on=True)
    assert settlement == Settlement(2, (), TryLater("HTTP 500"))


def test_an_api_that_refuses_every_single_event_is_not_skipped_past() -> None:
    bodies: list[Body] = []
    settlement = settle_batch(
        batch(str(number) for number in range(100)),
        lambda body: bodies.append(body) or Malformed("Segment answered 400"),  # type: ignore[func-returns-value]
        go_on=True,
    )
    assert isinstance(settlement.outcome, Hopeless)
    assert settlement.settled == 0
    assert len(bodies) < 3 * TOO_MANY_REFUSED
