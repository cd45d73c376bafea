"""The tables of the reading fit together: what one names, the others know."""

from __future__ import annotations

from mailjet_events.from_rest import ENGAGEMENT_KINDS
from mailjet_reading.feeds.engagements import STATUS_FILTERS
from mailjet_reading.feeds.feeds import FEEDS
from mailjet_reading.sync import PLANS


def test_every_feed_has_a_plan_and_every_plan_a_feed() -> None:
    assert [feed.name for feed in FEEDS] == list(PLANS)


def test_every_status_that_is_listed_is_a_kind_of_engagement() -> None:
    assert set(STATUS_FILTERS) == set(ENGAGEMENT_KINDS)
