"""Posts of webhooks about what truly happened in the sandbox, as the store receives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from event_store.values import Item, Post, Refused
from mailjet_events.from_webhook import WebhookEvent, parse_body
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.webhook_items import to_webhook_item
from segment_api.call import id_suffix

ACCOUNT = "acme"


def item_of(happened: Happened, **fields: Any) -> dict[str, Any]:
    """The item of a post for what happened; `fields` replace its own."""
    return {**to_webhook_item(happened), **fields}


def deliveries(first: int, count: int, **fields: Any) -> list[dict[str, Any]]:
    """Items of deliveries for which Mailjet need not be asked anything; `fields` replace their own."""
    return [
        {
            "event": "sent",
            "time": 1_700_000_000 + number,
            "MessageID": 1000 + number,
            "email": f"p{number}@example.com",
            "mj_contact_id": 7,
            **fields,
        }
        for number in range(first, first + count)
    ]


def delivery_ids(first: int, count: int, sandbox: Sandbox) -> list[str]:
    """The message ids of `deliveries` at Segment."""
    suffix = id_suffix(sandbox.write_key)
    return [f"mailjet-delivered-{1000 + number}{suffix}" for number in range(first, first + count)]


def post_of(items: Iterable[Mapping[str, Any]], account: str = ACCOUNT) -> Post:
    """One post, as the receiving half reads it."""
    parsed = parse_body(json.dumps(list(items)).encode())
    events = [each for each in parsed if isinstance(each, WebhookEvent)]
    refused = [Refused(each.reason, each.raw) for each in parsed if not isinstance(each, WebhookEvent)]
    return Post(account, datetime.now(timezone.utc), [_item(each) for each in events], refused)


def _item(seen: WebhookEvent) -> Item:
    properties = seen.properties
    return Item(
        seen.kind,
        seen.email_id,
        seen.at,
        seen.raw,
        properties.get("link_url"),
        seen.address,
        properties.get("bounce_type"),
    )
