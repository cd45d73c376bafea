"""A webhook's event as the same value that REST's events are, so that both become calls by one rule. Pure."""

from __future__ import annotations

from mailjet_events.event import Event
from mailjet_events.from_webhook import WebhookEvent
from mailjet_events.recipient import known_address
from mailjet_rest.rows import Message


def needs_message(seen: WebhookEvent) -> bool:
    """Whether its message must be looked up, because the post does not name the recipient."""
    return not (seen.contact_id and known_address(seen.address))


def is_of_unknown_message(seen: WebhookEvent, message: Message | None) -> bool:
    """Whether it is about nobody and nothing. Mailjet's test button sends such events."""
    return not (seen.address or seen.contact_id or message)


def to_event(seen: WebhookEvent, message: Message | None) -> Event:
    """The event; `message` fills in facts of the recipient that the post leaves out.

    The subject stays out: it is a column of events that REST found. The campaign stays out too if the post names none.
    """
    recipient = Message(
        email_id=seen.email_id,
        arrived_at=0,
        status="",
        contact_id=seen.contact_id or (message.contact_id if message else None),
        campaign_id=seen.campaign_id,
        address=known_address(seen.address) or (message.address if message else None),
        custom_id=seen.custom_id or (message.custom_id if message else None),
        subject=None,
        uuid=seen.message_uuid or (message.uuid if message else None),
        is_open_tracked=None,
        is_click_tracked=None,
    )
    return Event(
        id=seen.id,
        kind=seen.kind,
        email_id=seen.email_id,
        at=seen.at,
        contact_id=None,
        campaign_id=seen.campaign_id,
        agent=seen.agent,
        agent_id=None,
        properties={**seen.properties, "payload": seen.payload},
        message=recipient,
        sent_at=None,
        ip=seen.ip,
        country=seen.country,
    )
