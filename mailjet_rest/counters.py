"""Mailjet's own counts (`statcounters`): how many events of each kind it has counted, hour by hour.

Sources: Mailjet OpenAPI (`statcounters`), API guide (statistics). The guide's samples spell `EventClickCount`, give
numbers as strings and a slice as Unix seconds; the OpenAPI file has `EventClickedCount` and numbers: both are read.
Nothing says whether `FromTS` and `ToTS` include their bounds, so more is asked for and what lies outside is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from mailjet_rest.client import Mailjet, Params
from mailjet_rest.errors import MalformedError
from mailjet_rest.fields import find_second, read_number
from mailjet_rest.outcome import Row
from mailjet_rest.pages import all_pages
from mailjet_rest.windows import Span

HOUR_S = 3_600
SLICES = 960
"""Hours that are asked for at once: with those around them they are less than a page, and forty days."""

Timing = Literal["Event", "Message"]
"""Whether an event counts when it happened, or when its message was sent."""


class HourCounts(NamedTuple):
    """What Mailjet counted in the hour that begins at `at` (Unix seconds): events, not messages."""

    at: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int
    complained: int
    bounced_hard: int
    bounced_soft: int
    blocked: int


def parse_hour_counts(row: Row) -> HourCounts:
    """A row of `statcounters`; a count that it does not have is 0. Raises `MalformedError` for one without a time."""
    at = find_second(row, "Timeslice") or read_number(row, "Timeslice")
    if at is None:
        raise MalformedError("a row whose 'Timeslice' is no instant")
    return HourCounts(
        at,
        delivered=_count(row, "MessageSentCount"),
        opened=_count(row, "EventOpenedCount", "EventOpenCount"),
        clicked=_count(row, "EventClickedCount", "EventClickCount"),
        unsubscribed=_count(row, "EventUnsubscribedCount"),
        complained=_count(row, "EventSpamCount"),
        bounced_hard=_count(row, "MessageHardBouncedCount"),
        bounced_soft=_count(row, "MessageSoftBouncedCount"),
        blocked=_count(row, "MessageBlockedCount"),
    )


def read_hour_counts(
    api: Mailjet, span: Span, timing: Timing = "Event", campaign_id: str | None = None
) -> Iterator[HourCounts]:
    """The counts of the hours that begin in `span`, those of all messages or of one campaign: a request for 40 days.

    An hour in which nothing was counted may be missing. Raises `Failure` if Mailjet fails.
    """
    source = {"CounterSource": "Campaign", "SourceID": campaign_id} if campaign_id else {"CounterSource": "APIKey"}
    for since in range(span[0], span[1], SLICES * HOUR_S):
        until = min(span[1], since + SLICES * HOUR_S)
        params: Params = {
            **source,
            "CounterTiming": timing,
            "CounterResolution": "Hour",
            "FromTS": since - HOUR_S,
            "ToTS": until + HOUR_S,
        }
        for page in all_pages(api, "statcounters", params, parse_hour_counts):
            yield from (counts for counts in page if since <= counts.at < until)


def _count(row: Row, *names: str) -> int:
    return read_number(row, *names) or 0
