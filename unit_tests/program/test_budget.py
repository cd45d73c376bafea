"""One budget for all threads: turns evenly apart, and pauses that hold everybody back."""

from __future__ import annotations

import threading

import pytest

from program.budget import Budget


class Clock:
    """A time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, wait_s: float) -> None:
        self.slept.append(wait_s)
        self.now_s += wait_s


def test_turns_are_evenly_apart_and_idle_time_is_not_saved_up() -> None:
    clock = Clock()
    budget = Budget(4, clock, clock.sleep)
    for _ in range(3):
        budget.take()
    clock.now_s += 10
    for _ in range(2):
        budget.take()
    assert clock.slept == pytest.approx([0.25, 0.25, 0.25])


def test_a_pause_holds_everybody_back_and_is_counted() -> None:
    clock = Clock()
    budget = Budget(10, clock, clock.sleep)
    budget.pause(5)
    budget.pause(3)
    budget.take()
    assert clock.now_s == pytest.approx(105)
    assert budget.waited_s == pytest.approx(5)


def test_many_threads_share_the_turns() -> None:
    clock = Clock()
    lock, turns = threading.Lock(), list[float]()

    def sleep(wait_s: float) -> None:
        with lock:
            turns.append(wait_s)

    budget = Budget(100, clock, sleep)

    def take_many() -> None:
        for _ in range(25):
            budget.take()

    threads = [threading.Thread(target=take_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == pytest.approx([turn / 100 for turn in range(1, 100)])


def test_a_pause_that_begins_while_another_lasts_is_no_other_wait() -> None:
    clock = Clock()
    budget = Budget(10, clock, clock.sleep)
    assert [budget.pause(5), budget.pause(8), budget.pause(2)] == [True, False, False]
    assert [budget.waits, budget.remaining_s] == pytest.approx([1, 8])
    clock.now_s += 3
    assert [budget.waited_s, budget.remaining_s] == pytest.approx([3, 5])
    clock.now_s += 6
    assert [budget.waited_s, budget.remaining_s] == pytest.approx([8, 0])
    assert budget.pause(1)
    assert budget.waits == 2


def test_who_waits_for_a_turn_when_a_pause_begins_waits_for_one_after_it() -> None:
    clock = Clock()

    def sleep(wait_s: float) -> None:
        if not clock.slept:
            budget.pause(5)
        clock.sleep(wait_s)

    budget = Budget(1, clock, sleep)
    budget.take()
    budget.take()
    assert clock.now_s == pytest.approx(105)
