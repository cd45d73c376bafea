"""Windows and state: what is missing, what is remembered, and how long a STATE message gets."""

from __future__ import annotations

import json
import random

import pytest

from mailjet_reading.feeds.engaged import Completion, Engaged, Look, Marks
from mailjet_reading.feeds.feeds import ENGAGEMENTS, FEEDS, MESSAGES, OPENS, feeds_of
from mailjet_reading.feeds.pending import Pending, Sightings
from mailjet_reading.limits import MOST_REMEMBERED
from mailjet_reading.packing import digest, pack, unpack
from mailjet_reading.state import FeedState, format_state, parse_feed_state, parse_stream_state
from mailjet_reading.windows import Windows
from mailjet_rest.windows import contains, merge, split, subtract
from program.failure import ConfigurationError

DAY = 86_400
T0 = 1_767_225_600  # 2026-01-01T00:00:00Z
KEY = "0123abcd"


@pytest.mark.parametrize("hole_s", range(1, 8))
def test_what_was_emitted_beside_a_hole_of_any_length_is_remembered_until_the_hole_is_read(hole_s: int) -> None:
    """The listing of the hole reaches beyond it on both sides."""
    hole = (T0 + 1000, T0 + 1000 + hole_s)
    state = Windows(recent={1: hole[0] - 2, 2: hole[0] - 1, 3: hole[1], 4: hole[1] + 1, 5: T0 + 500})
    state = state.cover((T0, hole[0]), 3600).cover((hole[1], T0 + DAY), 3600)
    assert set(state.recent) == {1, 2, 3, 4}
    assert not state.cover(hole, 3600).recent


def test_spans_merge_subtract_and_split_to_the_second() -> None:
    assert merge([(5, 9), (1, 3), (3, 5), (20, 20)]) == [(1, 9)]
    assert subtract([(0, 100)], [(10, 20), (15, 30), (90, 200)]) == [(0, 10), (30, 90)]
    assert split((0, 10), 3) == [(0, 3), (3, 6), (6, 10)]
    assert split((0, 2), 5) == [(0, 1), (1, 2)]


def test_splitting_and_subtracting_agree_with_sets_of_seconds() -> None:
    rng = random.Random(1)
    for _ in range(300):
        spans = [(a, a + rng.randrange(9)) for a in (rng.randrange(40) for _ in range(4))]
        holes = [(a, a + rng.randrange(9)) for a in (rng.randrange(40) for _ in range(4))]
        seconds = {s for a, b in spans for s in range(a, b)} - {s for a, b in holes for s in range(a, b)}
        left = subtract(spans, holes)
        assert {s for a, b in left for s in range(a, b)} == seconds
        assert all(contains(left, s) == (s in seconds) for s in range(60))
        assert left == merge(left)


def test_a_packed_set_comes_back_whole_and_rubbish_is_refused() -> None:
    rng = random.Random(2)
    members = {rng.getrandbits(64): T0 + rng.randrange(5000) for _ in range(500)}
    assert unpack(pack(members)) == members
    assert unpack(pack({})) == {}
    for rubbish in (pack(members)[:-3], "x", '"'):
        with pytest.raises(ValueError):
            unpack(rubbish)


def test_the_first_sync_misses_everything_and_the_second_the_lookback_and_what_is_new() -> None:
    state = Windows()
    assert state.missing(T0, T0 + DAY, 3600) == [(T0, T0 + DAY)]
    done = state.uncover([(T0, T0 + DAY)]).cover((T0, T0 + DAY), 3600)
    assert done.missing(T0, T0 + 2 * DAY, 3600) == [(T0 + DAY - 3600, T0 + 2 * DAY)]


def test_after_a_crash_the_gaps_and_the_whole_lookback_are_missing_still() -> None:
    before = Windows().uncover([]).cover((T0, T0 + DAY), 3600)
    spans = before.missing(T0, T0 + 2 * DAY, 3600)
    crashed = before.uncover(spans).cover((T0 + DAY + 7200, T0 + 2 * DAY), 3600)
    assert crashed.missing(T0, T0 + 2 * DAY, 3600) == [
        (T0 + DAY - 3600, T0 + DAY + 7200),
        (T0 + 2 * DAY - 3600, T0 + 2 * DAY),
    ]


def test_an_interrupted_lookback_is_not_looked_back_from_again() -> None:
    before = Windows().uncover([]).cover((T0, T0 + DAY), 3600)
    spans = before.missing(T0, T0 + DAY + 600, 3600)
    crashed = before.uncover(spans).cover((T0 + DAY - 3600, T0 + DAY - 1800), 3600)
    assert crashed.missing(T0, T0 + DAY + 600, 3600) == [(T0 + DAY - 3600, T0 + DAY + 600)]


@pytest.mark.parametrize(
    "since, missing",
    [
        (T0 - DAY, [(T0 - DAY, T0), (T0 + DAY - 3600, T0 + DAY + 60)]),
        (T0 + DAY - 60, [(T0 + DAY - 60, T0 + DAY + 60)]),
        (T0 + DAY + 30, [(T0 + DAY + 30, T0 + DAY + 60)]),
    ],
)
def test_an_earlier_start_adds_its_stretch_and_a_later_one_takes_away(
    since: int, missing: list[tuple[int, int]]
) -> None:
    state = Windows().uncover([]).cover((T0, T0 + DAY), 3600)
    assert state.missing(since, T0 + DAY + 60, 3600) == missing


def test_a_longer_lookback_reaches_only_as_far_as_something_was_remembered() -> None:
    state = Windows().uncover([]).cover((T0, T0 + DAY), 600)
    assert state.missing(T0, T0 + DAY + 60, 3600) == [(T0 + DAY - 600, T0 + DAY + 60)]


def test_what_can_be_listed_again_is_remembered_and_nothing_else() -> None:
    events = {T0 + 1: "edge", T0 + 4000: "old", T0 + DAY - 3000: "in the lookback", T0 + DAY + 5: "ahead"}
    state = Windows(recent={digest(name): second for second, name in events.items()})
    kept = state.cover((T0, T0 + DAY), 3600).recent
    assert set(kept) == {digest(name) for name in ("edge", "in the lookback", "ahead")}


def _busy_feeds() -> dict[str, FeedState]:
    """An account of a million messages a day, 10,000 of them pending, 0.1 % unsubscribed, in the state of `tracks`."""
    rng = random.Random(3)

    def members(count: int, bits: int, over_s: int) -> dict[int, int]:
        return {rng.getrandbits(bits): T0 + rng.randrange(over_s) for _ in range(count)}

    return {
        "messages": FeedState(Windows(recent=members(41_700, 64, 3600)), Pending(pending=members(10_000, 63, 3 * DAY))),
        "opens": FeedState(Windows(recent=members(19_600, 64, 3600))),
        "clicks": FeedState(Windows(recent=members(3_800, 64, 3600))),
        "bounces": FeedState(Windows(recent=members(800, 64, 3600))),
        "engagements": FeedState(
            Windows(recent=members(50, 64, 3600)), Engaged(seen=members(33_000, 48, 30 * DAY), starts=(T0,))
        ),
    }


def test_a_state_of_a_million_messages_a_day_stays_below_a_megabyte_and_a_fifth() -> None:
    written = format_state(_busy_feeds(), KEY)
    assert len(json.dumps(written)) < 1_200_000


def test_beyond_the_most_the_oldest_events_of_a_feed_are_forgotten_and_none_of_another() -> None:
    rng = random.Random(4)
    many = {rng.getrandbits(64): T0 + rng.randrange(3600) for _ in range(MOST_REMEMBERED + 700)}
    feeds = {**_busy_feeds(), "opens": FeedState(Windows(recent=many))}
    read = parse_stream_state("tracks", format_state(feeds, KEY), FEEDS, KEY)
    assert len(read["opens"].windows.recent) == MOST_REMEMBERED
    assert min(read["opens"].windows.recent.values()) >= sorted(many.values())[699]
    for name in ("messages", "clicks", "bounces"):
        assert read[name].windows.recent == feeds[name].windows.recent
    assert read["messages"].memory == feeds["messages"].memory
    assert read["engagements"].memory == feeds["engagements"].memory


def test_a_feed_is_cut_alike_in_its_own_stream_and_in_tracks_whatever_came_first() -> None:
    second_of = {number: T0 + number // 1_000 for number in range(MOST_REMEMBERED + 500)}
    backwards = dict(reversed(second_of.items()))
    own = format_state({"opens": FeedState(Windows(recent=second_of))}, KEY)
    tracks = format_state({**_busy_feeds(), "opens": FeedState(Windows(recent=backwards))}, KEY)
    assert own["feeds"]["opens"] == tracks["feeds"]["opens"]


@pytest.mark.parametrize("waited", [{}, {1: T0}])
def test_which_messages_had_waited_comes_back_as_it_was_written(waited: dict[int, int]) -> None:
    feed = FeedState(memory=Pending(pending={1: T0, 2: T0 + 60}, waited=waited))
    assert parse_feed_state(MESSAGES, feed.to_json()) == feed


def test_of_a_state_that_does_not_say_it_the_messages_had_waited_that_were_pending_long_before_its_end() -> None:
    windows = Windows(read_until=T0 + DAY)
    written = {**windows.to_json(), "pending": pack({1: T0 + DAY - 3600, 2: T0 + DAY - 3599})}
    state = {"version": 1, "api_key_sha256": KEY, "feeds": {"messages": written}}
    (feed,) = parse_stream_state("email_delivered", state, feeds_of("email_delivered"), KEY).values()
    assert feed.memory_as(Pending).waited == {1: T0 + DAY - 3600}


ENGAGED = Engaged(
    seen={7: T0 + 1}, seen_since=T0 - DAY, looks=(Look(T0, T0 + DAY, T0 - DAY),), starts=(T0,), lacking={9: T0 + 2}
)
PENDING = Pending(pending={1 << 63: T0 + 3}, waited={1 << 63: T0 + 3}, is_watched=True)
WINDOWS = Windows(((T0, T0 + 5), (T0 + 9, T0 + DAY)), T0 + DAY, {1: T0}, T0)


def test_a_state_comes_back_as_it_was_written() -> None:
    feeds = {
        "messages": FeedState(WINDOWS, PENDING),
        "opens": FeedState(WINDOWS),
        "engagements": FeedState(WINDOWS, ENGAGED),
    }
    written = json.loads(json.dumps(format_state(feeds, KEY)))
    assert parse_stream_state("tracks", written, [MESSAGES, OPENS, ENGAGEMENTS], KEY) == feeds


def test_a_state_of_version_1_has_the_memory_beside_the_windows() -> None:
    feeds = {"messages": FeedState(WINDOWS, PENDING), "engagements": FeedState(WINDOWS, ENGAGED)}
    old = {name: {**feed.windows.to_json(), **feed.memory.to_json()} for name, feed in feeds.items()}
    written = {"version": 1, "api_key_sha256": KEY, "feeds": old}
    assert parse_stream_state("tracks", written, [MESSAGES, ENGAGEMENTS], KEY) == feeds


def test_a_feed_that_a_later_release_added_begins_empty_in_an_old_state_of_tracks() -> None:
    for version in (1, 2):
        written = {**format_state({"messages": FeedState(WINDOWS)}, KEY), "version": version}
        read = parse_stream_state("tracks", written, [MESSAGES, ENGAGEMENTS], KEY)
        assert read["engagements"] == FeedState(Windows(), Engaged())
        assert read["messages"].windows == WINDOWS


def test_the_memory_of_a_feed_is_of_the_kind_that_its_row_names() -> None:
    state = parse_feed_state(ENGAGEMENTS, FeedState(WINDOWS, ENGAGED).to_json())
    assert state.memory_as(Engaged) == ENGAGED
    with pytest.raises(TypeError, match="is Engaged, not Pending"):
        state.memory_as(Pending)


def test_a_message_that_is_decided_is_neither_pending_nor_waiting() -> None:
    memory = Pending(pending={1: T0, 2: T0, 3: T0}, waited={1: T0, 3: T0})
    learned = memory.learn(Sightings(pending={4: T0, 5: T0}, waited={5: T0}, decided={1, 5}, is_watched=True))
    assert learned == Pending(pending={2: T0, 3: T0, 4: T0}, waited={3: T0}, is_watched=True)
    assert learned.learn(learned.lesson()) == learned, "what was watched once stays so"


def test_marks_count_from_the_first_batch_on_and_old_ones_are_forgotten_when_all_sends_were_looked_at() -> None:
    memory = Engaged(seen={1: T0 - 9 * DAY, 2: T0}, seen_since=T0 - 9 * DAY, lacking={8: T0 - 2 * DAY}, starts=(T0,))
    marks = Marks(seen={3: T0 + 5}, lacking={9: T0 + 6}, start=T0 - DAY)
    saved = memory.learn(marks)
    assert ({*saved.seen}, {*saved.lacking}) == ({1, 2, 3}, {8, 9})
    assert (saved.starts, saved.looks, saved.seen_since) == ((T0 - DAY, T0), (), T0 - 9 * DAY)
    look = Look(T0 - DAY, T0 + DAY, T0 - 8 * DAY)
    marks.completion = Completion(look, forget_sends_before=T0 - 7 * DAY, forget_lacking_until=T0 - DAY)
    complete = saved.learn(marks)
    assert ({*complete.seen}, {*complete.lacking}) == ({2, 3}, {9})
    assert (complete.looks, complete.seen_since) == ((look,), T0 - 7 * DAY)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"version": 3}, "has version 3"),
        ({"version": None}, "was not written by this connector"),
        ({"feeds": None}, "was not written by this connector"),
        ({"api_key_sha256": "ffffffff"}, "another Mailjet API key"),
        ({"feeds": {}}, "is damaged"),
        ({"feeds": {"opens": {}}}, "is damaged"),
        ({"feeds": {"opens": {"covered": [["2026", "x"]], "read_until": 1, "recent_since": 2}}}, "is damaged"),
    ],
)
def test_a_state_that_cannot_be_read_is_refused_with_a_sentence(change: dict[str, object], sentence: str) -> None:
    written = {**format_state({"opens": FeedState()}, KEY), **change}
    with pytest.raises(ConfigurationError, match=sentence):
        parse_stream_state("email_opened", written, [OPENS], KEY)


def test_what_was_looked_at_is_written_also_where_no_start_is_known() -> None:
    feed = FeedState(memory=Engaged(seen_since=T0, looks=(Look(T0, T0 + DAY, T0),)))
    assert parse_feed_state(ENGAGEMENTS, feed.to_json()) == feed


def test_a_foreign_state_is_refused_not_ignored() -> None:
    with pytest.raises(ConfigurationError, match="was not written by this connector"):
        parse_stream_state("email_opened", {"cursor": "2026-01-01"}, [OPENS], KEY)
