"""An event as a value, before it is a track call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mailjet_rest.rows import Message
from segment_events.kinds import Kind


class Event(NamedTuple):
    """One event as REST lists it.

    `at`: Unix seconds. `properties`: the columns that only events of its kind have. `message`: its message, if the
    feed lists messages. `sent_at`: about when that message was sent, if this is known.
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
