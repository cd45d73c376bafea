"""The tables of the reading fit together: what one names, the others know."""

from __future__ import annotations

from mailjet_events.from_rest import ENGAGEMENT_KINDS
from mailjet_reading.feeds.engagements import STATUS_FILTERS
from mailjet_reading.feeds.feeds import ALL_FEEDS, FEEDS, feeds_of
from segment_events.kinds import ALL_KINDS, BLOCKED, TRACKS


def test_every_kind_is_found_in_one_feed() -> None:
    assert sorted(kind.name for feed in ALL_FEEDS for kind in feed.kinds) == sorted(kind.name for kind in ALL_KINDS)
    assert len({feed.name for feed in ALL_FEEDS}) == len(ALL_FEEDS)


def test_tracks_reads_no_blocked_messages() -> None:
    assert feeds_of(TRACKS) == FEEDS
    assert not [feed for feed in FEEDS if BLOCKED in feed.kinds]


def test_every_status_that_is_listed_is_a_kind_of_engagement() -> None:
    assert set(STATUS_FILTERS) == set(ENGAGEMENT_KINDS)
