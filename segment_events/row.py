"""A track call becomes the row that Segment's warehouse has for it, and such a row becomes the call again.

Segment's warehouse schema: `context` is flattened with `_` and snake case, a property is a column of its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from segment_events.instants import format_instant, to_utc
from segment_events.kinds import COMMON_COLUMNS, slug
from segment_events.track_call import TrackCall, to_json

CONTEXT_PLACES: tuple[tuple[str, str, str | None], ...] = (
    ("context_traits_email", "traits", "email"),
    ("context_ip", "ip", None),
    ("context_user_agent", "userAgent", None),
    ("context_location_country", "location", "country"),
    ("context_integration_name", "integration", "name"),
    ("context_library_name", "library", "name"),
    ("context_library_version", "library", "version"),
)
"""Each context column of the table, and its place in the call's `context`: a key, or a key within a key."""

_TOP: Mapping[str, str] = {"user_agent": "userAgent", "group_id": "groupId"}
_AGENT_DATA = {
    "platform_version": "platformVersion",
    "ua_full_version": "uaFullVersion",
    "full_version_list": "fullVersionList",
}
_HEADS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    **{head: (head, {}) for head in ("app", "campaign", "integration", "library", "location", "network", "os", "page")},
    **{head: (head, {}) for head in ("referrer", "screen", "traits")},
    "device": ("device", {"advertising_id": "advertisingId", "ad_tracking_enabled": "adTrackingEnabled"}),
    "user_agent_data": ("userAgentData", _AGENT_DATA),
}
"""The parts of a context that are objects, by the word that their columns begin with: the key of each part, and its
members with a column of another spelling (Segment documentation, "Spec: Common fields"). A trait or a campaign's
parameter is the user's own, so nobody can tell how it was spelt before.
"""

_NOT_PROPERTIES = frozenset(COMMON_COLUMNS)


class RowError(ValueError):
    """A row that Segment would accept and then drop; its text says why, without quoting the row."""


def to_row(call: TrackCall, received_at: datetime) -> dict[str, Any]:
    """The warehouse row of a call. A value that the call does not have is absent, never null."""
    row: dict[str, Any] = {"id": call.event_id, "event": slug(call.event), "event_text": call.event}
    if call.user_id is not None:
        row["user_id"] = call.user_id
    if call.anonymous_id is not None:
        row["anonymous_id"] = call.anonymous_id
    row["timestamp"] = row["original_timestamp"] = format_instant(call.timestamp)
    row["received_at"] = row["sent_at"] = _format_received_at(received_at)
    _flatten(row, call.context)
    row |= {name: value for name, value in call.properties.items() if value is not None}
    return row


_format_received_at = lru_cache(maxsize=8)(format_instant)  # the same for all rows of a sync


def to_tracks_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `tracks` for a row of an event's table: the common columns only."""
    return {name: row[name] for name in COMMON_COLUMNS if name in row}


def parse_row(row: Mapping[str, Any], library: Mapping[str, str]) -> dict[str, Any]:
    """The call that a row was made from, as the HTTP API takes it from `library` (name and version of the sender).

    A null column counts as absent. Raises `RowError` if there is no id, no event name, no identity or no readable
    time.
    """
    event_id = _text(row.get("id")) or _refuse("it has no id")
    event = _text(row.get("event_text")) or _refuse("it has no event name (event_text)")
    user_id, anonymous_id = _text(row.get("user_id")), _text(row.get("anonymous_id"))
    if user_id is None and anonymous_id is None:
        _refuse("it has neither user_id nor anonymous_id")
    try:
        timestamp = to_utc(row.get("timestamp", ""))
    except (TypeError, ValueError):
        _refuse("its timestamp is missing or not an ISO 8601 date and time")
    places = _places(tuple(row))
    properties = {name: value for name in places.properties if (value := row[name]) is not None}
    context: dict[str, Any] = {"library": library}
    for name, key, inner_key in places.context:
        if (value := row[name]) is None:
            continue
        if inner_key is None:
            context[key] = value
        elif key not in context:
            context[key] = {inner_key: value}
        elif isinstance(inner := context[key], dict):
            inner[inner_key] = value
    return to_json(event, event_id, timestamp, user_id, anonymous_id, properties, context)


class _Places(NamedTuple):
    """The places of columns: in the properties, or in the context under a key, or under a key within that."""

    properties: tuple[str, ...]
    context: tuple[tuple[str, str, str | None], ...]


@lru_cache(maxsize=1_000)
def _places(columns: tuple[str, ...]) -> _Places:
    """The places of a row's columns; found once for all rows that have the same ones."""
    ours = [name for name in columns if not name.startswith("_airbyte_")]
    context = [(name, *_context_place(name.removeprefix("context_"))) for name in ours if name.startswith("context_")]
    return _Places(
        tuple(name for name in ours if name not in _NOT_PROPERTIES and not name.startswith("context_")),
        # A column that holds a whole part comes before those of the part's members, which are added to it.
        tuple(sorted((place for place in context if place[1] != "library"), key=lambda place: place[2] is not None)),
    )


def _context_place(column: str) -> tuple[str, str | None]:
    """The key in the context, and the key within that, of a column without its `context_`."""
    for head, (key, spelt) in _HEADS.items():
        if column.startswith(f"{head}_"):
            inner = column.removeprefix(f"{head}_")
            return key, spelt.get(inner, inner)
    return _TOP.get(column, column), None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    return None if isinstance(value, (dict, list, bool)) else str(value)


def _refuse(reason: str) -> Any:
    raise RowError(reason)


def _flatten(row: dict[str, Any], context: Mapping[str, Any]) -> None:
    for column, key, inner_key in CONTEXT_PLACES:
        value = context.get(key)
        if inner_key is not None:
            value = value.get(inner_key) if isinstance(value, dict) else None
        if value is not None:
            row[column] = value
