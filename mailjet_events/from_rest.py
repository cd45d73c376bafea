"""REST rows as events, one function a row type. Pure. Mailjet's own words for events end here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailjet_events.event import Event
from mailjet_rest.rows import Block, Bounce, Click, HistoryEvent, Message, Open, State
from segment_events.event_id import event_id_at, url_digest
from segment_events.kinds import BLOCKED, BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, UNSUBSCRIBED, Kind

NEVER_SENT = frozenset(range(14, 22))
"""States of messages that Mailjet itself never sent (preblocked, duplicate, template, typofix, blacklisted): not
bounces."""
ENGAGEMENT_KINDS: Mapping[str, Kind] = {"unsub": UNSUBSCRIBED, "spam": SPAM}
"""Mailjet's words in `Status` and in `messagehistory.EventType`."""


def to_delivery(message: Message, at: int) -> Event:
    """The delivery of a message, at the time that its listing or its history gives."""
    email_id, contact_id, campaign_id = message.email_id, message.contact_id, message.campaign_id
    event_id = event_id_at(DELIVERED, email_id, at)
    return Event(event_id, DELIVERED, email_id, at, contact_id, campaign_id, None, None, {}, message, None)


def to_open(row: Open) -> Event:
    """A row of `openinformation` as an event."""
    email_id, at, contact_id, campaign_id, agent, agent_id, arrived_at = row
    event_id = event_id_at(OPENED, email_id, at)
    return Event(event_id, OPENED, email_id, at, contact_id, campaign_id, agent, agent_id, {}, None, arrived_at)


def to_click(row: Click) -> Event:
    """A row of `clickstatistics` as an event."""
    properties = {"link_url": row.url, "link_id": url_digest(row.url)[:16], "click_delay_s": row.delay_s}
    # An impossible delay says nothing about when the message was sent.
    sent_at = row.at - row.delay_s if row.delay_s is not None and 0 <= row.delay_s < row.at else None
    return _event(
        CLICKED, row.email_id, row.at, row.contact_id, agent_id=row.agent_id, properties=properties, sent_at=sent_at
    )


def to_bounce(row: Bounce, states: Mapping[str, State]) -> Event | None:
    """A row of `bouncestatistics` as an event, or None if Mailjet never sent the message."""
    if row.state_id in NEVER_SENT:
        return None
    properties = {
        "bounce_type": None if row.is_permanent is None else "hard" if row.is_permanent else "soft",
        "is_blocked": row.is_blocked,
        **_error(states.get(str(row.state_id))),
    }
    return _event(BOUNCED, row.email_id, row.at, row.contact_id, row.campaign_id, properties=properties, sent_at=row.at)


def to_block(row: Block, states: Mapping[str, State]) -> Event:
    """A message that Mailjet did not send, as an event."""
    message, properties = row.message, _error(states.get(row.state_id or ""))
    return _event(
        BLOCKED, row.email_id, row.at, message.contact_id, message.campaign_id, properties=properties, message=message
    )


def to_engagement(message: Message, shown: HistoryEvent) -> Event | None:
    """An unsubscribe or a complaint from a message's history, or None for the history's other events."""
    kind = ENGAGEMENT_KINDS.get(shown.event_type)
    if kind is None:
        return None
    recipient = (message.contact_id, message.campaign_id)
    return _event(kind, message.email_id, shown.at, *recipient, shown.agent, shown.agent_id, message=message)


def _error(state: State | None) -> Mapping[str, Any]:
    return {"error": state.text if state else None, "error_related_to": state.related_to if state else None}


def _event(
    kind: Kind,
    email_id: str,
    at: int,
    contact_id: str | None,
    campaign_id: str | None = None,
    agent: str | None = None,
    agent_id: str | None = None,
    properties: Mapping[str, Any] | None = None,
    message: Message | None = None,
    sent_at: int | None = None,
) -> Event:
    properties = properties or {}
    event_id = event_id_at(kind, email_id, at, properties.get("link_url"))
    return Event(event_id, kind, email_id, at, contact_id, campaign_id, agent, agent_id, properties, message, sent_at)
