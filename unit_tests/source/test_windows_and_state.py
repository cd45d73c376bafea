"""Windows and state: what is missing, what is remembered, and how long a STATE message gets."""

from __future__ import annotations

import json
import random

import pytest

from mailjet_reading.packing import digest, pack, unpack
from mailjet_reading.state import (
    MOST_REMEMBERED,
    FeedState,
    Look,
    format_state,
    parse_feed,
    parse_stream_state,
)
from mailjet_rest.windows import contains, merge, split, subtract
from program.failure import ConfigurationError

DAY = 86_400
T0 = 1_767_225_600  # 2026-01-01T00:00:00Z
KEY = "0123abcd"


@pytest.mark.parametrize("hole_s", range(1, 8))
def test_what_was_emitted_beside_a_hole_of_any_length_is_remembered_until_the_hole_is_read(hole_s: int) -> None:
    """The listing of the hole reaches beyond it on both sides."""
    hole = (T0 + 1000, T0 + 1000 + hole_s)
    state = FeedState(recent={1: hole[0] - 2, 2: hole[0] - 1, 3: hole[1], 4: hole[1] + 1, 5: T0 + 500})
    state = state.close((T0, hole[0]), 3600).close((hole[1], T0 + DAY), 3600)
    assert set(state.recent) == {1, 2, 3, 4}
    assert not state.close(hole, 3600).recent


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
    state = FeedState()
    assert state.missing(T0, T0 + DAY, 3600) == [(T0, T0 + DAY)]
    done = state.begin([(T0, T0 + DAY)]).close((T0, T0 + DAY), 3600)
    assert done.missing(T0, T0 + 2 * DAY, 3600) == [(T0 + DAY - 3600, T0 + 2 * DAY)]


def test_after_a_crash_the_gaps_and_the_whole_lookback_are_missing_still() -> None:
    before = FeedState().begin([]).close((T0, T0 + DAY), 3600)
    spans = before.missing(T0, T0 + 2 * DAY, 3600)
    crashed = before.begin(spans).close((T0 + DAY + 7200, T0 + 2 * DAY), 3600)
    assert crashed.missing(T0, T0 + 2 * DAY, 3600) == [
        (T0 + DAY - 3600, T0 + DAY + 7200),
        (T0 + 2 * DAY - 3600, T0 + 2 * DAY),
    ]


def test_an_interrupted_lookback_is_not_looked_back_from_again() -> None:
    before = FeedState().begin([]).close((T0, T0 + DAY), 3600)
    spans = before.missing(T0, T0 + DAY + 600, 3600)
    crashed = before.begin(spans).close((T0 + DAY - 3600, T0 + DAY - 1800), 3600)
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
    state = FeedState().begin([]).close((T0, T0 + DAY), 3600)
    assert state.missing(since, T0 + DAY + 60, 3600) == missing


def test_a_longer_lookback_reaches_only_as_far_as_something_was_remembered() -> None:
    state = FeedState().begin([]).close((T0, T0 + DAY), 600)
    assert state.missing(T0, T0 + DAY + 60, 3600) == [(T0 + DAY - 600, T0 + DAY + 60)]


def test_what_can_be_listed_again_is_remembered_and_nothing_else() -> None:
    events = {T0 + 1: "edge", T0 + 4000: "old", T0 + DAY - 3000: "in the lookback", T0 + DAY + 5: "ahead"}
    state = FeedState(recent={digest(name): second for second, name in events.items()})
    kept = state.close((T0, T0 + DAY), 3600).recent
    assert set(kept) == {digest(name) for name in ("edge", "in the lookback", "ahead")}


def _busy_feeds() -> dict[str, FeedState]:
    """An account of a million messages a day, 10,000 of them pending, 0.1 % unsubscribed, in the state of `tracks`."""
    rng = random.Random(3)

    def some(count: int, bits: int, over_s: int) -> dict[int, int]:
        return {rng.getrandbits(bits): T0 + rng.randrange(over_s) for _ in range(count)}

    return {
        "messages": FeedState(recent=some(41_700, 64, 3600), pending=some(10_000, 63, 3 * DAY)),
        "opens": FeedState(recent=some(19_600, 64, 3600)),
        "clicks": FeedState(recent=some(3_800, 64, 3600)),
        "bounces": FeedState(recent=some(800, 64, 3600)),
        "engagements": FeedState(recent=some(50, 64, 3600), seen=some(33_000, 48, 30 * DAY), starts=(T0,)),
    }


def test_a_state_of_a_million_messages_a_day_stays_below_a_megabyte_and_a_fifth() -> None:
    written = format_state(_busy_feeds(), KEY)
    assert len(json.dumps(written)) < 1_200_000


def test_beyond_the_most_the_oldest_events_of_a_feed_are_forgotten_and_none_of_another() -> None:
    rng = random.Random(4)
    many = {rng.getrandbits(64): T0 + rng.randrange(3600) for _ in range(MOST_REMEMBERED + 700)}
    feeds = {**_busy_feeds(), "opens": FeedState(recent=many)}
    read = parse_stream_state("tracks", format_state(feeds, KEY), list(feeds), KEY)
    assert len(read["opens"].recent) == MOST_REMEMBERED
    assert min(read["opens"].recent.values()) >= sorted(many.values())[699]
    for name in ("messages", "clicks", "bounces"):
        assert read[name].recent == feeds[name].recent
    assert read["messages"].pending == feeds["messages"].pending
    assert read["engagements"].seen == feeds["engagements"].seen


def test_a_feed_is_cut_alike_in_its_own_stream_and_in_tracks_whatever_came_first() -> None:
    second_of = {number: T0 + number // 1_000 for number in range(MOST_REMEMBERED + 500)}
    backwards = dict(reversed(second_of.items()))
    own = format_state({"opens": FeedState(recent=second_of)}, KEY)
    tracks = format_state({**_busy_feeds(), "opens": FeedState(recent=backwards)}, KEY)
    assert own["feeds"]["opens"] == tracks["feeds"]["opens"]


@pytest.mark.parametrize("waited", [{}, {1: T0}])
def test_which_messages_had_waited_is_written_beside_all_that_are_pending(waited: dict[int, int]) -> None:
    feed = FeedState(pending={1: T0, 2: T0 + 60}, waited=waited)
    assert parse_feed(feed.to_json()) == feed


def test_of_a_state_that_does_not_say_it_the_messages_had_waited_that_were_pending_long_before_its_end() -> None:
    written = FeedState(read_until=T0 + DAY, pending={1: T0 + DAY - 3600, 2: T0 + DAY - 3599}).to_json()
    del written["waited"]
    assert parse_feed(written).waited == {1: T0 + DAY - 3600}


def test_a_state_comes_back_as_it_was_written() -> None:
    feed = FeedState(
        covered=((T0, T0 + 5), (T0 + 9, T0 + DAY)),
        read_until=T0 + DAY,
        recent={1: T0},
        recent_since=T0,
        pending={1 << 63: T0 + 3},
        waited={1 << 63: T0 + 3},
        is_watched=True,
        seen={7: T0 + 1},
        seen_since=T0 - DAY,
        looks=(Look(T0, T0 + DAY, T0 - DAY),),
        starts=(T0,),
        lacking={9: T0 + 2},
    )
    written = json.loads(json.dumps(format_state({"engagements": feed}, KEY)))
    assert parse_stream_state("email_unsubscribed", written, ["engagements"], KEY) == {"engagements": feed}


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"version": 2}, "has version 2"),
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
        parse_stream_state("email_opened", written, ["opens"], KEY)


def test_what_was_looked_at_is_written_also_where_no_start_is_known() -> None:
    feed = FeedState(seen_since=T0, looks=(Look(T0, T0 + DAY, T0),))
    assert parse_stream_state("tracks", format_state({"engagements": feed}, KEY), ["engagements"], KEY) == {
        "engagements": feed
    }


def test_a_foreign_state_is_refused_not_ignored() -> None:
    with pytest.raises(ConfigurationError, match="was not written by this connector"):
        parse_stream_state("email_opened", {"cursor": "2026-01-01"}, ["opens"], KEY)
