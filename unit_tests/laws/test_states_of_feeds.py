"""What a feed remembers is enough, whatever was read, in whatever order, and wherever it broke off."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailjet_reading.feeds.engaged import Engaged, Look
from mailjet_reading.feeds.feed import Feed
from mailjet_reading.feeds.feeds import ENGAGEMENTS, MESSAGES, OPENS
from mailjet_reading.feeds.pending import Pending
from mailjet_reading.memory import NoMemory
from mailjet_reading.packing import pack, unpack
from mailjet_reading.state import FeedState, begin_feed, format_state, parse_stream_state
from mailjet_reading.windows import Windows, parse_windows
from mailjet_rest.windows import Span, merge, split, subtract

T0 = 1_767_225_600  # 2026-01-01T00:00:00Z
KEY = "0123abcd"
INSTANTS = st.integers(0, 2**32)
SPANS = st.lists(st.tuples(INSTANTS, INSTANTS), max_size=6).map(lambda spans: tuple(merge(spans)))


def members(width: int) -> st.SearchStrategy[dict[int, int]]:
    """Digests, or ids, of so many bytes with their seconds."""
    return st.dictionaries(st.integers(0, 256**width - 1), INSTANTS, max_size=20)


WINDOWS = st.builds(Windows, covered=SPANS, read_until=INSTANTS, recent=members(8), recent_since=INSTANTS).map(
    lambda windows: replace(windows, read_until=max(windows.read_until, *(end for _, end in windows.covered), 0))
)
MEMORIES = {
    OPENS: st.builds(NoMemory),
    MESSAGES: st.builds(Pending, pending=members(8), waited=members(8), is_watched=st.booleans()),
    ENGAGEMENTS: st.builds(
        Engaged,
        seen=members(6),
        seen_since=INSTANTS,
        looks=st.lists(st.builds(Look, INSTANTS, INSTANTS, INSTANTS), max_size=4).map(tuple),
        starts=st.lists(INSTANTS, max_size=3).map(tuple),
        lacking=members(6),
    ),
}
STATES = st.fixed_dictionaries(
    {feed.name: st.builds(FeedState, WINDOWS, memories) for feed, memories in MEMORIES.items()}
)


@given(STATES)
def test_a_state_comes_back_as_it_was_written(states: dict[str, FeedState]) -> None:
    written = json.loads(json.dumps(format_state(states, KEY)))
    assert parse_stream_state("tracks", written, [*MEMORIES], KEY) == states


@given(STATES)
def test_a_state_of_version_1_means_the_same(states: dict[str, FeedState]) -> None:
    """Version 1 had all members of a feed on one level, and release 0.1.0 no `waited`."""
    written = format_state(states, KEY)
    for feed in written["feeds"].values():
        feed |= feed.pop("memory", {})
        if "pending" in feed:
            feed.setdefault("waited", "")
    assert parse_stream_state("tracks", {**written, "version": 1}, [*MEMORIES], KEY) == states


@given(STATES, st.sampled_from([*MEMORIES]))
def test_a_feed_that_the_state_of_tracks_lacks_begins_empty(states: dict[str, FeedState], added: Feed) -> None:
    written = format_state(states, KEY)
    del written["feeds"][added.name]
    assert parse_stream_state("tracks", written, [*MEMORIES], KEY) == {**states, added.name: begin_feed(added)}


FEW = st.dictionaries(st.integers(0, 9), INSTANTS, max_size=4)
"""Few messages, so that one is seen again in another batch."""


@given(st.builds(Pending, FEW, FEW), st.lists(st.tuples(FEW, FEW, st.sets(st.integers(0, 9))), max_size=4))
def test_a_lesson_that_grows_is_learned_again_as_if_it_were_learned_once(
    memory: Pending, batches: list[tuple[dict[int, int], dict[int, int], set[int]]]
) -> None:
    """A part that is saved by batch teaches all that it has learned so far after each batch."""
    lesson, learned = memory.lesson(), memory
    for pending, waited, decided in batches:
        lesson.pending |= pending
        lesson.waited |= waited
        lesson.decided |= decided
        learned = learned.learn(lesson)
    assert learned.learn(lesson) == memory.learn(lesson)


@given(members(8))
def test_a_packed_set_comes_back_whole(given_members: dict[int, int]) -> None:
    assert unpack(pack(given_members)) == given_members


@given(members(8), st.data())
def test_a_packed_set_that_was_changed_is_refused_or_another_set(given_members: dict[int, int], data: Any) -> None:
    packed = pack(given_members)
    place = data.draw(st.integers(0, len(packed)))
    changed = packed[:place] + data.draw(st.text(max_size=3)) + packed[place + data.draw(st.integers(0, 3)) :]
    if changed != packed:
        try:
            found = unpack(changed)
        except ValueError:
            return
        assert found != given_members or unpack(pack(found)) == found


@given(SPANS, INSTANTS, INSTANTS, st.integers(0, 86_400), INSTANTS, INSTANTS)
def test_what_is_missing_and_what_is_covered_make_up_the_window(
    covered: tuple[Span, ...], since: int, until: int, lookback_s: int, read_until: int, recent_since: int
) -> None:
    state = Windows(covered=covered, read_until=read_until, recent_since=recent_since)
    missing = state.missing(since, until, lookback_s)
    window = merge([(since, until)])
    assert merge([*missing, *subtract(window, subtract(window, covered))]) == window
    assert subtract(missing, window) == []
    assert not subtract(subtract(window, covered), missing), "what was never read is missing"
    again = subtract(missing, subtract(window, covered))
    assert all(one >= state.known_until(lookback_s) for one, _ in again), "what is read again lies in the lookback"
    begun = state.uncover(missing)
    assert subtract(begun.covered, missing) == list(begun.covered), "nothing missing is covered"


@dataclass(frozen=True)
class Step:
    """A sync `after_s` seconds after the one before, from `since` on or an earlier start.

    Its windows are cut into `parts` pieces and read in an order that `order` turns; `breaks_after`: so many pieces are
    read before it crashes, None for a sync that ends.
    """

    after_s: int
    since: int
    parts: int
    order: float
    breaks_after: int | None


STEPS = st.lists(
    st.builds(
        Step,
        after_s=st.integers(0, 400),
        since=st.integers(0, 200),
        parts=st.integers(1, 5),
        order=st.floats(0, 1),
        breaks_after=st.none() | st.integers(0, 6),
    ),
    min_size=1,
    max_size=7,
)
EVENTS = st.lists(st.tuples(st.integers(0, 1_500), st.floats(0, 1)), max_size=40)
"""Second of each event, and how late it is listed, as a share of the lookback."""


@pytest.mark.parametrize("lookback_s", [0, 60, 300])
@given(events=EVENTS, steps=STEPS)
def test_each_event_is_emitted_once_whatever_breaks_off_and_however_late_it_is_listed(
    lookback_s: int, events: list[tuple[int, float]], steps: list[Step]
) -> None:
    """By the rules of a reading: a part emits what the state before the sync does not remember, then is covered."""
    emitted: Counter[int] = Counter()
    state, now, since = Windows(), 0, steps[0].since
    for step in [*steps, Step(0, 0, 1, 0.0, None)]:
        now += step.after_s
        since = min(since, step.since)
        listed = {number: second for number, (second, late) in enumerate(events) if second + late * lookback_s <= now}
        spans = state.missing(T0 + since, T0 + now, lookback_s)
        before, state = state, state.uncover(spans)
        pieces = [piece for span in spans for piece in split(span, step.parts)]
        turn = int(step.order * len(pieces))
        for piece in [*pieces[turn:], *pieces[:turn]][: step.breaks_after]:
            fresh = {
                number: T0 + second
                for number, second in listed.items()
                if piece[0] <= T0 + second < piece[1] and number not in before.recent
            }
            emitted.update(fresh.keys())
            state = state.learn(fresh).cover(piece, lookback_s)
        state = parse_windows(json.loads(json.dumps(state.to_json())))
    happened = {number for number, (second, late) in enumerate(events) if second < now}
    told = {number for number in happened if events[number][0] + events[number][1] * lookback_s <= now}
    assert told <= set(emitted) <= happened
    assert set(emitted.values()) <= {1}
