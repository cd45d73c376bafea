"""Stored events as they were received, read by the rules of the way that they came. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from event_store.values import Waiting
from mailjet_collector.stored_event import parse_event
from mailjet_collector.surroundings import Seen
from mailjet_events.event import Event
from mailjet_events.from_webhook import WebhookEvent, parse_body
from mailjet_events.recipient import UserIdFrom
from mailjet_events.to_row import Surroundings, blank_of, to_row
from segment_events.instants import format_second, unix_seconds


def read_waiting(waiting: Waiting) -> Seen:
    """The event as it was seen; its id, kind and second are the store's. Raises `ValueError` for a strange body."""
    if waiting.way == "rest":
        event = parse_event(waiting.body)
        return event._replace(id=waiting.event_id, at=waiting.at)
    seen = parse_body(waiting.body)
    if len(seen) != 1 or not isinstance(found := seen[0], WebhookEvent):
        raise ValueError("the body of a stored event is no event")
    if found.id == waiting.event_id and found.at == waiting.at:
        return found  # nearly always; a copy takes as long as a tenth of its row
    return found._replace(id=waiting.event_id, at=waiting.at)


def to_stored_row(
    event: Event,
    surroundings: Surroundings,
    received_at: datetime,
    *,
    unsubscribe_event_name: str,
    user_id_from: UserIdFrom,
    payload_user_id: str | None,
) -> dict[str, Any]:
    """The row of an event. `payload_user_id`: the user id in the sender's payload."""
    blank = blank_of(event.kind, unsubscribe_event_name, format_second(unix_seconds(received_at)))
    row = to_row(event, surroundings, blank, user_id_from)
    if payload_user_id:
        row.pop("anonymous_id", None)
        row["user_id"] = payload_user_id
    return row
