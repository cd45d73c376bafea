"""The body of a post as a value for the store. Pure."""

from __future__ import annotations

from datetime import datetime

from event_store.values import Item, Post, Refused
from mailjet_events.from_webhook import Rejection, parse_arrivals


def to_post(account: str, received_at: datetime, body: bytes) -> Post:
    """All items of a body: each is an event, or refused with a reason."""
    items: list[Item] = []
    refused: list[Refused] = []
    for part in parse_arrivals(body):
        if isinstance(part, Rejection):
            refused.append(Refused(part.reason, part.raw))
        else:
            kind, email_id, at, url, address, bounce_type, raw = part
            items.append(Item(kind, email_id, at, raw, url, address, bounce_type))
    return Post(account, received_at, items, refused)
