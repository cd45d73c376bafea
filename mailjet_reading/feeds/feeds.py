"""The table of the feeds: which listing each reads, for which kinds of event, by which plan, with which memory.

Unsubscribes and complaints share one, because a message shows only its latest status and its history tells both.
Blocked messages have one of their own, so that `tracks` and the other streams cost no request more for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailjet_reading.feeds.blocked import plan_blocked
from mailjet_reading.feeds.deliveries import plan_deliveries
from mailjet_reading.feeds.engaged import Engaged
from mailjet_reading.feeds.engagements import plan_engagements
from mailjet_reading.feeds.feed import Feed
from mailjet_reading.feeds.pending import Pending
from mailjet_reading.feeds.statistics import plan_statistics
from mailjet_reading.limits import LATE_BLOCK_S
from mailjet_rest.resources import BLOCKED_MESSAGE, BOUNCESTATISTICS, CLICKSTATISTICS, MESSAGE, OPENINFORMATION
from segment_events.kinds import BLOCKED, BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, TRACKS, UNSUBSCRIBED

MESSAGES = Feed("messages", MESSAGE, (DELIVERED,), True, plan_deliveries, Pending)
OPENS = Feed("opens", OPENINFORMATION, (OPENED,), False, plan_statistics)
CLICKS = Feed("clicks", CLICKSTATISTICS, (CLICKED,), False, plan_statistics)
BOUNCES = Feed("bounces", BOUNCESTATISTICS, (BOUNCED,), True, plan_statistics)
ENGAGEMENTS = Feed("engagements", MESSAGE, (UNSUBSCRIBED, SPAM), True, plan_engagements, Engaged)
BLOCKS = Feed("blocks", BLOCKED_MESSAGE, (BLOCKED,), True, plan_blocked, lookback_s=LATE_BLOCK_S)

FEEDS: tuple[Feed, ...] = (MESSAGES, OPENS, CLICKS, BOUNCES, ENGAGEMENTS)
"""The feeds of the kinds that `tracks` gathers, in the order in which they are read."""
ALL_FEEDS: tuple[Feed, ...] = (*FEEDS, BLOCKS)
FEED_OF_STREAM: Mapping[str, Feed] = {kind.stream: feed for feed in ALL_FEEDS for kind in feed.kinds}


def feeds_of(stream: str) -> tuple[Feed, ...]:
    """The feeds that a stream reads: that of its kind, or those of all kinds that `tracks` gathers."""
    return FEEDS if stream == TRACKS else (FEED_OF_STREAM[stream],)
