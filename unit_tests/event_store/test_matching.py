"""The laws of matching: an open or click is one event, whichever way it is seen, and however often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from event_store.bounces import BLOCKED, HARD, SOFT, UNKNOWN, bounce_suffix
from event_store.matching import Seen, Sighting, match
from event_store.values import Way

Group = tuple[Way, Sequence[int]]
Outcome = list[tuple[int, Way, int | None]]

WAY_NAMES: tuple[Way, Way] = ("webhook", "rest")
WAYS: st.SearchStrategy[Way] = st.sampled_from(WAY_NAMES)
NEAR_SECONDS = st.integers(100, 112)
"""So close to each other that they compete."""


def outcome(groups: Iterable[Group]) -> Outcome:
    """Each event's second, the way that it was first seen by, and the second of the other way."""
    events: list[Seen] = []
    arrival = 0
    for way, seconds in groups:
        events = match(events, way, [Sighting(second, arrival + place) for place, second in enumerate(seconds)])
        arrival += len(seconds)
    return sorted((event.first.second, event.way, event.other.second if event.other else None) for event in events)


def test_a_second_that_was_seen_by_this_way_is_a_repeat() -> None:
    assert outcome([("webhook", [100, 100]), ("webhook", [100])]) == [(100, "webhook", None)]


def test_the_same_second_by_the_other_way_is_the_same_event() -> None:
    assert outcome([("webhook", [100]), ("rest", [100])]) == [(100, "webhook", 100)]


def test_two_seconds_away_is_the_same_event_by_the_other_way_and_three_are_not() -> None:
    assert outcome([("webhook", [100]), ("rest", [102])]) == [(100, "webhook", 102)]
    assert outcome([("webhook", [100]), ("rest", [103])]) == [(100, "webhook", None), (103, "rest", None)]


def test_a_near_second_by_the_same_way_is_another_event() -> None:
    assert outcome([("webhook", [100, 101])]) == [(100, "webhook", None), (101, "webhook", None)]


def test_of_two_events_the_nearest_is_joined_and_of_two_as_near_the_earlier() -> None:
    assert outcome([("webhook", [100, 103]), ("rest", [102])]) == [(100, "webhook", None), (103, "webhook", 102)]
    assert outcome([("webhook", [103, 101]), ("rest", [102])]) == [(101, "webhook", 102), (103, "webhook", None)]


def test_a_joined_second_that_comes_again_is_a_repeat() -> None:
    assert outcome([("webhook", [100]), ("rest", [102]), ("rest", [102])]) == [(100, "webhook", 102)]


def test_the_exact_second_takes_the_place_of_one_that_had_joined() -> None:
    assert outcome([("webhook", [100]), ("rest", [102]), ("rest", [100])]) == [
        (100, "webhook", 100),
        (102, "rest", None),
    ]


def test_one_that_is_displaced_joins_the_next_nearest() -> None:
    assert outcome([("webhook", [100, 103]), ("rest", [102]), ("rest", [103])]) == [
        (100, "webhook", 102),
        (103, "webhook", 103),
    ]


def test_a_post_matches_its_exact_seconds_first() -> None:
    assert outcome([("webhook", [100]), ("rest", [101, 100])]) == [(100, "webhook", 100), (101, "rest", None)]


def test_one_that_is_displaced_finds_its_own_second_if_there_is_one_now() -> None:
    assert outcome([("webhook", [100]), ("rest", [102]), ("webhook", [102]), ("rest", [100])]) == [
        (100, "webhook", 100),
        (102, "webhook", 102),
    ]


@settings(max_examples=2_000)
@given(st.lists(st.tuples(WAYS, NEAR_SECONDS), max_size=14), st.data())
def test_the_grouping_of_posts_changes_nothing(sightings: list[tuple[Way, int]], data: st.DataObject) -> None:
    groups: list[tuple[Way, list[int]]] = []
    for way, second in sightings:
        if groups and groups[-1][0] == way and data.draw(st.booleans()):
            groups[-1][1].append(second)
        else:
            groups.append((way, [second]))
    assert outcome(groups) == outcome((way, [second]) for way, second in sightings)


@settings(max_examples=500)
@given(st.lists(st.tuples(WAYS, st.lists(NEAR_SECONDS, max_size=5)), max_size=6), st.data())
def test_repeats_change_nothing(groups: list[Group], data: st.DataObject) -> None:
    repeated = [
        group for seen in range(len(groups)) for group in (groups[seen], data.draw(st.sampled_from(groups[: seen + 1])))
    ]
    assert outcome(repeated) == outcome(groups)


@settings(max_examples=500)
@given(st.lists(st.tuples(WAYS, st.lists(NEAR_SECONDS, max_size=5)), max_size=6))
def test_each_way_sees_each_of_its_seconds_once_and_no_event_is_lost(groups: list[Group]) -> None:
    events = outcome(groups)
    for way in WAY_NAMES:
        seen = [second if first == way else other for second, first, other in events]
        told = {second for by, seconds in groups if by == way for second in seconds}
        assert sorted(second for second in seen if second is not None) == sorted(told)
    assert all(other is None or abs(other - second) <= 2 for second, _, other in events)
    assert len({second for second, _, _ in events}) == len(events)


@given(
    st.lists(st.integers(5, 60), min_size=1, max_size=12),
    st.integers(-2, 2),
    st.permutations(WAY_NAMES),
    st.randoms(use_true_random=False),
)
def test_ways_that_differ_by_up_to_two_seconds_match_one_to_one(
    gaps: list[int], shift: int, ways: list[Way], random: Random
) -> None:
    seconds = [1_000 + sum(gaps[:place]) for place in range(len(gaps))]
    first = random.sample(seconds, len(seconds))
    second = [each + shift for each in random.sample(seconds, len(seconds))]
    assert outcome([(ways[0], first), (ways[1], second)]) == [(each, ways[0], each + shift) for each in seconds]


def test_a_hard_bounce_after_a_soft_one_is_an_event_of_its_own() -> None:
    assert bounce_suffix([], SOFT) == ""
    assert bounce_suffix([SOFT], HARD) == "-hard"
    assert bounce_suffix([SOFT, HARD], HARD) is None


def test_all_else_after_a_bounce_or_a_block_is_a_repeat() -> None:
    assert bounce_suffix([HARD], SOFT) is None
    assert bounce_suffix([SOFT], SOFT) is None
    assert bounce_suffix([UNKNOWN], HARD) is None
    assert bounce_suffix([BLOCKED], HARD) is None
    assert bounce_suffix([BLOCKED], SOFT) is None
    assert bounce_suffix([SOFT], BLOCKED) is None
