"""Who waits for a reading, and until when: with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mailjet_reading.feeds.feeds import ENGAGEMENTS, OPENS
from mailjet_reading.reading import begin_reading
from mailjet_reading.state import FeedState, begin_feed
from mailjet_reading.turn import Progress, Turn
from mailjet_reading.windows import Windows
from program.failure import Failure

SOON_S = 5.0
BRIEFLY_S = 0.05


@contextmanager
def waiting(wait: Callable[[], None]) -> Iterator[threading.Thread]:
    """A thread that waits; whatever the test does must let it go."""
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    yield thread
    thread.join(SOON_S)
    assert not thread.is_alive(), "nobody let the thread go"


def require_waiting(thread: threading.Thread) -> None:
    thread.join(BRIEFLY_S)
    assert thread.is_alive(), "the thread did not wait"


def test_the_last_part_is_the_one_that_finishes_when_no_more_will_be_opened() -> None:
    turn = Turn()
    turn.open()
    turn.open()
    assert not turn.finish()
    assert not turn.open_no_more()
    assert turn.finish()


def test_a_turn_whose_parts_are_all_finished_is_over_when_no_more_will_be_opened() -> None:
    turn = Turn()
    turn.open()
    assert not turn.finish()
    assert turn.open_no_more()


def test_progress_counts_the_parts_read_of_those_planned() -> None:
    turn = Turn()
    turn.open()
    assert turn.progress() == Progress(0, 1, may_grow=True)
    turn.expect(3)
    turn.finish()
    assert turn.progress() == Progress(1, 3, may_grow=False)


def test_a_plan_is_waited_for_until_it_is_known_how_many_parts_there_are() -> None:
    turn = Turn()
    with waiting(turn.wait_until_planned) as thread:
        require_waiting(thread)
        turn.expect(0)


def test_opened_parts_are_waited_for_until_all_of_them_are_finished() -> None:
    turn = Turn()
    turn.open()
    turn.open()
    with waiting(turn.wait_for_parts) as thread:
        turn.finish()
        require_waiting(thread)
        turn.finish()


def test_running_parts_are_waited_for_until_they_print_no_more_though_the_reading_has_failed() -> None:
    turn = Turn()
    assert turn.enter()
    with waiting(turn.wait_until_idle) as thread:
        turn.fail(Failure("broken"))
        require_waiting(thread)
        turn.leave()


def test_the_end_is_waited_for() -> None:
    turn = Turn()
    with waiting(turn.wait_for_end) as thread:
        require_waiting(thread)
        assert not turn.is_ended
        turn.end()
    assert turn.is_ended


@pytest.mark.parametrize("wait", [Turn.wait_until_planned, Turn.wait_for_parts, Turn.wait_for_end])
def test_a_failure_lets_everybody_go(wait: Callable[[Turn], None]) -> None:
    turn = Turn()
    turn.open()
    with waiting(lambda: wait(turn)) as thread:
        require_waiting(thread)
        turn.fail(Failure("broken"))


def test_after_a_failure_no_part_begins_and_the_first_failure_stays() -> None:
    turn, first = Turn(), Failure("broken")
    assert turn.fail(first) is first
    assert turn.fail(Failure("broken too")) is first
    assert turn.failure is first
    assert not turn.enter()


def test_an_error_that_nobody_foresaw_ends_a_reading_in_a_sentence() -> None:
    reading = begin_reading(0, OPENS, FeedState(), ["tracks"], 0, 100, 0)
    failure = reading.fail(ZeroDivisionError("7 / 0"))
    assert failure.sentence.startswith("Reading Mailjet's 'openinformation' failed in a way that is not expected")
    assert "7 / 0" not in failure.sentence


def test_while_a_reading_lasts_its_state_does_not_cover_the_windows_that_it_reads() -> None:
    before = FeedState(Windows(covered=((0, 100),), read_until=100, recent_since=40))
    reading = begin_reading(0, OPENS, before, ["tracks"], 0, 150, 30)
    assert [*reading.spans] == [(70, 150)]
    assert reading.state.now.windows.covered == ((0, 70),)
    reading.state.cover([(70, 150)], {7: 140}, None)
    assert reading.state.now.windows == Windows(((0, 150),), 150, {7: 140}, 120)
    assert reading.before is before


def test_a_batch_that_is_saved_counts_before_its_windows_are_covered() -> None:
    reading = begin_reading(0, ENGAGEMENTS, begin_feed(ENGAGEMENTS), ["tracks"], 0, 150, 30)
    marks = reading.before.memory.lesson()
    marks.seen[7] = 120
    reading.state.learn({}, marks)
    saved = reading.state.now
    assert saved.to_json()["memory"].keys() == {"seen"}
    assert saved.windows.covered == ()
