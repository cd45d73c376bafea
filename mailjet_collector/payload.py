"""The user id in the payload that a sender attached to a message (`X-MJ-EventPayload`). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mailjet_events.event import Event
from mailjet_events.from_webhook import WebhookEvent, parse_body
from mailjet_reading.lookups.user_ids import to_user_id


def user_id_in(payload: str, path: Sequence[str]) -> str | None:
    """The value at a path of a payload, as a user id; None if the payload is no JSON or holds nothing there."""
    try:
        value: Any = json.loads(payload, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return to_user_id(value, is_number=False)


def payload_of(seen: Event | WebhookEvent) -> str | None:
    """The payload of an event by either way; REST knows none."""
    return seen.payload if isinstance(seen, WebhookEvent) else None


def payloads_of(stored: Iterable[tuple[str, Mapping[str, Any] | bytes]]) -> dict[str, str]:
    """The first payload of each message among its stored events: of their rows, or of their bodies as they came."""
    found: dict[str, str] = {}
    for email_id, event in stored:
        if email_id not in found and (payload := _payload(event)):
            found[email_id] = payload
    return found


def _payload(event: Mapping[str, Any] | bytes) -> str | None:
    if isinstance(event, bytes):
        seen = next(iter(parse_body(event)), None)
        return seen.payload if isinstance(seen, WebhookEvent) else None
    payload = event.get("payload")
    return payload if isinstance(payload, str) else None
