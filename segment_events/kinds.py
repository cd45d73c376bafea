"""The table of the kinds of email event: their names, their tables and the columns that each adds.

Source of the names: Segment's semantic email events; of the columns: Segment's warehouse tables for its Mailjet source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

ColumnType = Literal["text", "boolean", "integer", "instant"]

TRACKS = "tracks"
"""The stream and warehouse table that gathers the events of all kinds, with the common columns only."""


@dataclass(frozen=True)
class Kind:
    """One kind of event: `name` as message ids spell it, `stream` as tables do, `event_text` as Segment does."""

    name: str
    stream: str
    event_text: str
    own_columns: Mapping[str, ColumnType] = field(default_factory=dict, compare=False)


COMMON_COLUMNS: Mapping[str, ColumnType] = {
    "id": "text",
    "event": "text",
    "event_text": "text",
    "user_id": "text",
    "anonymous_id": "text",
    "timestamp": "instant",
    "original_timestamp": "instant",
    "received_at": "instant",
    "sent_at": "instant",
    "context_traits_email": "text",
    "context_ip": "text",
    "context_user_agent": "text",
    "context_location_country": "text",
    "context_integration_name": "text",
    "context_library_name": "text",
    "context_library_version": "text",
}
"""The columns of every table; `tracks` has no others."""

EMAIL_COLUMNS: Mapping[str, ColumnType] = {
    "email_id": "text",
    "email_subject": "text",
    "campaign_id": "text",
    "campaign_name": "text",
    "custom_id": "text",
    "custom_campaign": "text",
    "contact_id": "text",
    "message_uuid": "text",
    "payload": "text",
}
"""The properties that an event of any kind has; `payload` is the text that the sender attached to the message; only
webhooks show it."""

_AGENT_COLUMNS: Mapping[str, ColumnType] = {
    "agent_browser": "text",
    "agent_platform": "text",
    "is_bot": "boolean",
    "is_mobile": "boolean",
}

DELIVERED = Kind("delivered", "email_delivered", "Email Delivered", {"smtp_reply": "text"})
OPENED = Kind("opened", "email_opened", "Email Opened", _AGENT_COLUMNS)
CLICKED = Kind(
    "clicked",
    "email_link_clicked",
    "Email Link Clicked",
    {"link_url": "text", "link_id": "text", "click_delay_s": "integer", **_AGENT_COLUMNS},
)
UNSUBSCRIBED = Kind(
    "unsubscribed",
    "email_unsubscribed",
    "Email Unsubscribed",
    {"list_id": "text", "list_name": "text", **_AGENT_COLUMNS},
)
BOUNCED = Kind(
    "bounced",
    "email_bounced",
    "Email Bounced",
    {
        "bounce_type": "text",
        "is_blocked": "boolean",
        "error": "text",
        "error_related_to": "text",
        "comment": "text",
    },
)
SPAM = Kind("spam", "email_marked_as_spam", "Email Marked as Spam", {"complaint_source": "text"})

BLOCKED = Kind("blocked", "email_blocked", "Email Blocked", {"error": "text", "error_related_to": "text"})
"""Mailjet itself did not send the message. Segment's source has no such collection, so `tracks` never holds it."""

KINDS: tuple[Kind, ...] = (DELIVERED, OPENED, CLICKED, UNSUBSCRIBED, BOUNCED, SPAM)
"""The kinds of Segment's own source, which `tracks` gathers."""

ALL_KINDS: tuple[Kind, ...] = (*KINDS, BLOCKED)
KIND_BY_STREAM: Mapping[str, Kind] = {kind.stream: kind for kind in ALL_KINDS}
KIND_BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in ALL_KINDS}


def columns_of(stream: str) -> Mapping[str, ColumnType]:
    """The columns of a stream's table, those that only one way fills among them; raises `KeyError` for no stream."""
    if stream == TRACKS:
        return COMMON_COLUMNS
    return {**COMMON_COLUMNS, **EMAIL_COLUMNS, **KIND_BY_STREAM[stream].own_columns}


@lru_cache(maxsize=256)
def slug(event_text: str) -> str:
    """An event's name as its table spells it: `Email Opened` is `email_opened`."""
    return re.sub(r"[^0-9a-z]+", "_", event_text.lower()).strip("_")
