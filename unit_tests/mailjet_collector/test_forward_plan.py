"""Each event since the instant is sent once, however often that instant is moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailjet_collector.forward_plan import (
    ForwardPlan,
    changed_plan,
    first_plan,
    parse_note,
    sent_again,
    to_note,
    to_text,
)

START = datetime(2026, 1, 10, tzinfo=timezone.utc)


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=timezone.utc)


def test_the_first_start_decides_unless_an_instant_is_configured() -> None:
    assert first_plan(START, None).since == "2026-01-10T00:00:00Z"
    assert first_plan(START, day(3)).since == "2026-01-03T00:00:00Z"


def test_an_instant_within_a_second_begins_with_the_next_one() -> None:
    assert to_text(START + timedelta(microseconds=1)) == "2026-01-10T00:00:01Z"


def test_an_instant_that_is_taken_out_again_is_that_of_the_first_start() -> None:
    plan = changed_plan(first_plan(START, day(3)), 7, None)
    assert plan.since == "2026-01-10T00:00:00Z"


def test_an_earlier_instant_sends_what_lies_between() -> None:
    plan = changed_plan(first_plan(START, None), 100, day(5))
    assert plan.begins_again
    assert plan.wants(50, "2026-01-07T00:00:00Z")
    assert not plan.wants(50, "2026-01-11T00:00:00Z")
    assert plan.wants(101, "2026-01-11T00:00:00Z")
    assert not plan.wants(101, "2026-01-04T00:00:00Z")


@given(
    st.lists(st.integers(1, 28), min_size=30, max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 28))), max_size=6),
)
def test_no_event_is_sent_twice_and_none_is_missed(days: list[int], starts: list[tuple[int, int | None]]) -> None:
    """`days`: of the events by place; `starts`: how many events are looked at, then where the instant is moved to."""
    plan, place, sent = first_plan(START, None), 0, list[int]()
    floor = {number: 99 for number in range(1, 31)}

    def go_on(count: int) -> int:
        last = min(30, place + count)
        for number in range(place + 1, last + 1):
            if plan.wants(number, to_text(day(days[number - 1]))):
                sent.append(number)
            floor[number] = min(floor[number], int(plan.since[8:10]))
        return last

    for count, moved in starts:
        place = go_on(count)
        plan = parse_note(to_note(changed_plan(plan, place, day(moved) if moved else None)))
        place, plan = 0 if plan.begins_again else place, replace(plan, begins_again=False)
    place = go_on(30)
    assert len(sent) == len(set(sent))
    assert set(sent) == {number for number in range(1, 31) if days[number - 1] >= floor[number]}


def test_a_start_that_changes_nothing_leaves_the_plan() -> None:
    plan = ForwardPlan("2026-01-10T00:00:00Z", "2026-01-10T00:00:00Z")
    assert changed_plan(plan, 9, None) is plan


@pytest.mark.parametrize("place", [0, 1, 10])
def test_a_later_instant_does_not_begin_again(place: int) -> None:
    assert not changed_plan(first_plan(START, None), place, day(20)).begins_again


@pytest.mark.parametrize(("place", "since"), [(0, day(3)), (6, day(3)), (10, day(8))])
def test_events_that_wait_to_be_sent_again_are_not_given_up_for_a_later_instant(place: int, since: datetime) -> None:
    plan = replace(sent_again(first_plan(START, None), 10, day(3)), begins_again=False)
    plan = sent_again(plan, place, day(8))
    assert plan.begins_again
    assert plan.again == (10, to_text(since))
    assert plan.wants(9, to_text(day(8)))
