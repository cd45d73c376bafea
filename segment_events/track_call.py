"""A Segment track call as a value, before it is a row or a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class TrackCall(NamedTuple):
    """One event of one person (Segment documentation, "Track").

    `user_id` or `anonymous_id`, or both, name the person; `context` is nested as Segment spells it (`userAgent`,
    `traits.email`). A property that is None counts as absent.
    """

    event: str
    event_id: str
    timestamp: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    properties: Mapping[str, Any] = _NOTHING
    context: Mapping[str, Any] = _NOTHING


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
