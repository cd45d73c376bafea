"""The table of Mailjet's listings of events: the clock by which each is asked for, and the type of its rows.

Sources: Mailjet OpenAPI (`message`, `openinformation`, `clickstatistics`, `bouncestatistics`). On the three statistics
`FromTS` is the campaign's clock and is never used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailjet_rest.outcome import Row
from mailjet_rest.rows import (
    Block,
    Bounce,
    Click,
    Message,
    Open,
    parse_block,
    parse_bounce,
    parse_click,
    parse_message,
    parse_open,
)

EventRow = Open | Click | Bounce | Block | Message
SHOWN: Mapping[str, str] = {"ShowSubject": "true", "ShowContactAlt": "true", "ShowCustomID": "true"}
"""Without these, a listing of messages leaves the columns empty."""


@dataclass(frozen=True)
class Resource:
    """One listing: its path, the parameters of its clock, the fixed parameters, and how a row is parsed.

    `rows_differ`: no two rows are equal. Opens have no ID, and two of them in one second can be equal.
    """

    path: str
    since_param: str
    until_param: str
    parse: Callable[[Row], EventRow]
    params: Mapping[str, str]
    rows_differ: bool = True


MESSAGE = Resource("message", "FromTS", "ToTS", parse_message, SHOWN)
BLOCKED_MESSAGE = Resource("message", "FromTS", "ToTS", parse_block, {**SHOWN, "MessageStatus": "8"})
"""`MessageStatus` 8 is `blocked` (types of Mailjet's client)."""
OPENINFORMATION = Resource("openinformation", "EventFromTs", "EventToTs", parse_open, {}, rows_differ=False)
CLICKSTATISTICS = Resource("clickstatistics", "EventFromTs", "EventToTs", parse_click, {})
BOUNCESTATISTICS = Resource("bouncestatistics", "EventFromTs", "EventToTs", parse_bounce, {})


def second_of(row: EventRow) -> int:
    """When the event of a row happened, or a message arrived, in Unix seconds; 0 if that is not known."""
    return row.arrived_at if isinstance(row, Message) else row.at
