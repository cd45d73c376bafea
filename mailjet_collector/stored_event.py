"""An event that REST found, as the bytes that the store keeps of it until it is resolved, and back."""

from __future__ import annotations

import json
from typing import Any

from event_store.values import Item
from mailjet_events.event import Event
from mailjet_rest.rows import Message
from segment_events.kinds import KIND_BY_NAME


def to_item(event: Event) -> Item:
    """An event as the store receives it."""
    message = event.message
    return Item(
        kind=event.kind,
        email_id=event.email_id,
        at=event.at,
        body=to_body(event),
        link_url=event.properties.get("link_url"),
        address=message.address if message else None,
        bounce_type=event.properties.get("bounce_type"),
    )


def to_body(event: Event) -> bytes:
    """An event and its message as JSON; fields that are None or empty are left out."""
    fields: dict[str, Any] = {**event._asdict(), "kind": event.kind.name}
    fields["message"] = event.message._asdict() if event.message else None
    fields["properties"] = _without_nulls(event.properties)
    return json.dumps(_without_nulls(fields), ensure_ascii=True, separators=(",", ":")).encode()


def parse_event(body: bytes) -> Event:
    """The event that `to_body` wrote; raises `ValueError` or `KeyError` for anything else."""
    fields = json.loads(body)
    message = fields.get("message")
    return Event(
        id=fields["id"],
        kind=KIND_BY_NAME[fields["kind"]],
        email_id=fields["email_id"],
        at=fields["at"],
        contact_id=fields.get("contact_id"),
        campaign_id=fields.get("campaign_id"),
        agent=fields.get("agent"),
        agent_id=fields.get("agent_id"),
        properties=fields.get("properties", {}),
        message=Message(**{name: message.get(name) for name in Message._fields}) if message else None,
        sent_at=fields.get("sent_at"),
    )


def _without_nulls(fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
