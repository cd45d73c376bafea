"""The table of the five feeds: which listing each reads, for which kinds of event.

A feed is one listing of Mailjet's. Unsubscribes and complaints share one, because a message shows only its latest
status and its history tells both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailjet_rest.resources import BOUNCESTATISTICS, CLICKSTATISTICS, MESSAGE, OPENINFORMATION, Resource
from segment_events.kinds import BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, TRACKS, UNSUBSCRIBED, Kind


@dataclass(frozen=True)
class Feed:
    """One listing and the kinds of event that are found in it.

    `repeats`: whether one id can come in two windows, so that ids must be remembered for the whole sync.
    """

    name: str
    resource: Resource
    kinds: tuple[Kind, ...]
    repeats: bool


MESSAGES = Feed("messages", MESSAGE, (DELIVERED,), repeats=True)
OPENS = Feed("opens", OPENINFORMATION, (OPENED,), repeats=False)
CLICKS = Feed("clicks", CLICKSTATISTICS, (CLICKED,), repeats=False)
BOUNCES = Feed("bounces", BOUNCESTATISTICS, (BOUNCED,), repeats=True)
ENGAGEMENTS = Feed("engagements", MESSAGE, (UNSUBSCRIBED, SPAM), repeats=True)

FEEDS: tuple[Feed, ...] = (MESSAGES, OPENS, CLICKS, BOUNCES, ENGAGEMENTS)
FEED_OF_STREAM: Mapping[str, Feed] = {kind.stream: feed for feed in FEEDS for kind in feed.kinds}


def feeds_of(stream: str) -> tuple[Feed, ...]:
    """The feeds that a stream reads: its kind's, or all for `tracks`."""
    return FEEDS if stream == TRACKS else (FEED_OF_STREAM[stream],)
