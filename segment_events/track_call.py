"""A Segment track call as the HTTP API takes it."""

from __future__ import annotations

from typing import Any


def to_json(
    event: str,
    event_id: str,
    timestamp: str,
    user_id: str | None,
    anonymous_id: str | None,
    properties: dict[str, Any],
    context: dict[str, Any],
) -> dict[str, Any]:
    """A call as the HTTP API takes it; without `sentAt`, because Segment would move `timestamp` by it."""
    call: dict[str, Any] = {"type": "track", "event": event, "messageId": event_id}
    if user_id is not None:
        call["userId"] = user_id
    if anonymous_id is not None:
        call["anonymousId"] = anonymous_id
    call["timestamp"] = timestamp
    call["properties"] = properties
    call["context"] = context
    return call
