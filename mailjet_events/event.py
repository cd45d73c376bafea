"""An event as a value, before it is a track call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mailjet_rest.rows import Message
from segment_events.kinds import Kind


class Event(NamedTuple):
    """One event, as REST lists it or a webhook reports it.

    `at`: Unix seconds. `properties`: the columns that not every event has. `message`: its message, if the feed lists
    messages. `sent_at`: about when that message was sent, if this is known. `ip` and `country` come by webhook only.
    """

    id: str
    kind: Kind
    email_id: str
    at: int
    contact_id: str | None
    campaign_id: str | None
    agent: str | None
    agent_id: str | None
    properties: Mapping[str, Any]
    message: Message | None
    sent_at: int | None
    ip: str | None = None
    country: str | None = None
