"""Posts of webhooks about what truly happened in the sandbox, as the store receives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from event_store.values import Item, Post, Refused
from mailjet_events.from_webhook import WebhookEvent, parse_body
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.webhook_items import to_webhook_item

ACCOUNT = "acme"


def item_of(happened: Happened, **fields: Any) -> dict[str, Any]:
    """The item of a post for what happened; `fields` replace its own."""
    return {**to_webhook_item(happened), **fields}


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
