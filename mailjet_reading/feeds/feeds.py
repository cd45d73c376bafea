"""The table of the five feeds: which listing each reads, for which kinds of event, by which plan, with which memory.

Unsubscribes and complaints share one, because a message shows only its latest status and its history tells both.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailjet_reading.feeds.deliveries import plan_deliveries
from mailjet_reading.feeds.engaged import Engaged
from mailjet_reading.feeds.engagements import plan_engagements
from mailjet_reading.feeds.feed import Feed
from mailjet_reading.feeds.pending import Pending
from mailjet_reading.feeds.statistics import plan_statistics
from mailjet_rest.resources import BOUNCESTATISTICS, CLICKSTATISTICS, MESSAGE, OPENINFORMATION
from segment_events.kinds import BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, TRACKS, UNSUBSCRIBED

MESSAGES = Feed("messages", MESSAGE, (DELIVERED,), True, plan_deliveries, Pending)
OPENS = Feed("opens", OPENINFORMATION, (OPENED,), False, plan_statistics)
CLICKS = Feed("clicks", CLICKSTATISTICS, (CLICKED,), False, plan_statistics)
BOUNCES = Feed("bounces", BOUNCESTATISTICS, (BOUNCED,), True, plan_statistics)
ENGAGEMENTS = Feed("engagements", MESSAGE, (UNSUBSCRIBED, SPAM), True, plan_engagements, Engaged)

FEEDS: tuple[Feed, ...] = (MESSAGES, OPENS, CLICKS, BOUNCES, ENGAGEMENTS)
FEED_OF_STREAM: Mapping[str, Feed] = {kind.stream: feed for feed in FEEDS for kind in feed.kinds}


def feeds_of(stream: str) -> tuple[Feed, ...]:
    """The feeds that a stream reads: its kind's, or all for `tracks`."""
    return FEEDS if stream == TRACKS else (FEED_OF_STREAM[stream],)
