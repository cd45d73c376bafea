"""Posts of webhooks about what truly happened in the sandbox, as the store receives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from event_store.values import Item, Post, Refused
from mailjet_events.from_webhook import WebhookEvent, parse_body
from mailjet_sandbox.happened import Happened

ACCOUNT = "acme"
WORDS = {
    "delivered": "sent",
    "opened": "open",
    "clicked": "click",
    "unsubscribed": "unsub",
    "bounced": "bounce",
    "spam": "spam",
}


def item_of(happened: Happened, **fields: Any) -> dict[str, Any]:
    """The item of a post for what happened; `fields` replace its own."""
    return {
        "event": WORDS[happened.kind],
        "time": int(happened.at.timestamp()),
        "MessageID": int(happened.email_id),
        "Message_GUID": happened.message_uuid,
        "email": happened.address or "",
        "mj_campaign_id": int(happened.campaign_id),
        "mj_contact_id": int(happened.contact_id),
        "customcampaign": happened.custom_campaign or "",
        "CustomID": happened.custom_id or "",
        "Payload": "",
        **_DETAILS[happened.kind](happened),
        **fields,
    }


def _engagement(happened: Happened) -> dict[str, Any]:
    return {"ip": "203.0.113.7", "geo": "FR", "agent": "Mozilla/5.0 (Test)"}


_DETAILS: dict[str, Any] = {
    "delivered": lambda happened: {"smtp_reply": "250 OK"},
    "opened": _engagement,
    "clicked": lambda happened: {**_engagement(happened), "url": happened.link_url},
    "unsubscribed": lambda happened: {**_engagement(happened), "mj_list_id": int(happened.list_id or 0)},
    "bounced": lambda happened: {
        "blocked": happened.is_blocked,
        "hard_bounce": happened.bounce_type == "hard",
        "error": happened.error,
        "error_related_to": happened.error_related_to,
        "comment": "550 no",
    },
    "spam": lambda happened: {"source": "JMRPP"},
}


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
