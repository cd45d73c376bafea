"""The body of a post as what the store takes. Pure."""

from __future__ import annotations

from datetime import datetime

from event_store.values import Item, Post, Refused
from mailjet_events.from_webhook import Rejection, WebhookEvent, parse_body


def to_post(account: str, received_at: datetime, body: bytes) -> Post:
    """All items of a body: each is an event, or refused with a reason."""
    parts = parse_body(body)
    items = [to_item(part) for part in parts if isinstance(part, WebhookEvent)]
    refused = [Refused(part.reason, part.raw) for part in parts if isinstance(part, Rejection)]
    return Post(account, received_at, items, refused)


def to_item(event: WebhookEvent) -> Item:
    """An event as the store matches it with others."""
    of_kind = event.properties
    url, bounce_type = of_kind.get("link_url"), of_kind.get("bounce_type")
    return Item(event.kind, event.email_id, event.at, event.raw, url, event.address, bounce_type)
