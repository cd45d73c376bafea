"""The table of the five feeds: what Mailjet is asked, by which clock, for which kinds of event.

A feed is one listing of Mailjet's. Unsubscribes and complaints share one, because a message shows only its latest
status and its history tells both. Sources: Mailjet OpenAPI (`openinformation`, `clickstatistics`, `bouncestatistics`,
`message`, `messagehistory`); on the three statistics `FromTS` is the campaign's clock and is never used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from segment_events.kinds import BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, TRACKS, UNSUBSCRIBED, Kind
from source_mailjet_segment.outcome import Row
from source_mailjet_segment.rows import (
    Bounce,
    Click,
    Message,
    Open,
    parse_bounce,
    parse_click,
    parse_message,
    parse_open,
)

EventRow = Open | Click | Bounce | Message
SHOWN: Mapping[str, str] = {"ShowSubject": "true", "ShowContactAlt": "true", "ShowCustomID": "true"}
"""Without these, a listing of messages leaves the columns empty."""


@dataclass(frozen=True)
class Feed:
    """One listing: its path, the parameters of its clock, the fixed ones, and what its rows are.

    `repeats`: whether one id can come in two windows, so that ids must be remembered for the whole sync. `rows_differ`:
    no two rows are alike; opens have no ID, and two in one second are.
    """

    name: str
    path: str
    since_param: str
    until_param: str
    parse: Callable[[Row], EventRow]
    kinds: tuple[Kind, ...]
    params: Mapping[str, str]
    repeats: bool
    rows_differ: bool = True


MESSAGES = Feed("messages", "message", "FromTS", "ToTS", parse_message, (DELIVERED,), SHOWN, True)
OPENS = Feed("opens", "openinformation", "EventFromTs", "EventToTs", parse_open, (OPENED,), {}, False, False)
CLICKS = Feed("clicks", "clickstatistics", "EventFromTs", "EventToTs", parse_click, (CLICKED,), {}, False)
BOUNCES = Feed("bounces", "bouncestatistics", "EventFromTs", "EventToTs", parse_bounce, (BOUNCED,), {}, True)
ENGAGEMENTS = Feed("engagements", "message", "FromTS", "ToTS", parse_message, (UNSUBSCRIBED, SPAM), SHOWN, True)

FEEDS: tuple[Feed, ...] = (MESSAGES, OPENS, CLICKS, BOUNCES, ENGAGEMENTS)
FEED_OF_STREAM: Mapping[str, Feed] = {kind.stream: feed for feed in FEEDS for kind in feed.kinds}


def second_of(row: EventRow) -> int:
    """When the event of a row happened, or a message arrived, in Unix seconds; 0 where that is not known."""
    return row.arrived_at if isinstance(row, Message) else row.at


def feeds_of(stream: str) -> tuple[Feed, ...]:
    """The feeds that a stream reads: its kind's, or all for `tracks`."""
    return FEEDS if stream == TRACKS else (FEED_OF_STREAM[stream],)
