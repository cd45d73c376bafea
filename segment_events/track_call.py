"""A Segment track call as a value, before it is a row or a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segment_events.instants import format_instant


@dataclass(frozen=True)
class TrackCall:
    """One event of one person (Segment documentation, "Track").

    `user_id` or `anonymous_id`, or both, say who; `context` is nested as Segment spells it (`userAgent`,
    `traits.email`).
    """

    event: str
    message_id: str
    timestamp: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The call as the HTTP API takes it; no `sentAt`, with which Segment would move `timestamp`."""
        call: dict[str, Any] = {"type": "track", "event": self.event, "messageId": self.message_id}
        if self.user_id is not None:
            call["userId"] = self.user_id
        if self.anonymous_id is not None:
            call["anonymousId"] = self.anonymous_id
        call["timestamp"] = format_instant(self.timestamp)
        call["properties"] = dict(self.properties)
        call["context"] = dict(self.context)
        return call
