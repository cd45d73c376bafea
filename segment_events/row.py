"""The row that Segment's warehouse has for a track call, and the call that such a row is.

Segment's warehouse schema: `context` is flattened with `_` and snake case, a property is a column of its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from segment_events.instants import to_utc
from segment_events.kinds import COMMON_COLUMNS, slug
from segment_events.person import Person
from segment_events.track_call import to_json

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


def blank_row(event_text: str, received_at: str, sender: Mapping[str, str]) -> dict[str, Any]:
    """The columns that all rows of a kind of event have, those that differ among them. `sender`: the integration and
    the library. Instants are text in UTC (`instants.py`).
    """
    return {
        "id": "",
        "event": slug(event_text),
        "event_text": event_text,
        "timestamp": "",
        "original_timestamp": "",
        "received_at": received_at,
        "sent_at": received_at,
        **sender,
    }


def begin_row(blank: dict[str, Any], event_id: str, timestamp: str, person: Person) -> dict[str, Any]:
    """A row of an event from the blank of its kind: to copy a dictionary costs less than to make one.

    Whoever adds the other columns begins with those of the context, then `email_id`: `to_tracks_json` needs that.
    """
    row = blank.copy()
    row["id"] = event_id
    row["timestamp"] = row["original_timestamp"] = timestamp
    user_id, anonymous_id = person
    if user_id is not None:
        row["user_id"] = user_id
    if anonymous_id is not None:
        row["anonymous_id"] = anonymous_id
    return row


def add(row: dict[str, Any], columns: Mapping[str, Any]) -> None:
    """Adds columns to a row. A value that the event does not have is absent, never null."""
    for name, value in columns.items():
        if value is not None:
            row[name] = value


_FIRST_OF_OTHERS = ',"email_id":'
"""Where the columns that `tracks` lacks begin in the JSON of a row; within a text, quotes are escaped."""
_FIRST_OF_OTHERS_IN_BYTES = _FIRST_OF_OTHERS.encode()


def to_tracks_json(row: bytes) -> bytes:
    """The JSON of the row of `tracks`, cut from that of a row that began with `begin_row`: nothing is made twice."""
    return row[: row.index(_FIRST_OF_OTHERS_IN_BYTES)] + b"}"


def cut_row(row: str) -> tuple[str, str]:
    """The JSON of the common columns, and of the others, of a row that began with `begin_row`.

    Raises `ValueError` for a row that has no `email_id`. Of another row, the parts may be anything.
    """
    place = row.index(_FIRST_OF_OTHERS)
    return row[:place] + "}", "{" + row[place + 1 :]


def to_tracks_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `tracks` for a row of an event's table: the common columns only."""
    return {name: row[name] for name in COMMON_COLUMNS if name in row}


def parse_row(row: Mapping[str, Any], library: Mapping[str, str]) -> dict[str, Any]:
    """The call that a row was made from, as the HTTP API takes it from `library` (name and version of the sender).

    A null column counts as absent. Raises `RowError` if there is no id, no event name, no identity or no readable
    time.
    """
    event_id, event, user_id, anonymous_id, timestamp = parse_essentials(
        row.get("id"), row.get("event_text"), row.get("user_id"), row.get("anonymous_id"), row.get("timestamp")
    )
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


def parse_essentials(
    event_id: Any, event: Any, user_id: Any, anonymous_id: Any, timestamp: Any
) -> tuple[str, str, str | None, str | None, str]:
    """What no call may lack, from the columns of a row: its id, its event's name, user id and anonymous id, of which
    one may be None, and its time in UTC. Raises `RowError` as `parse_row` does.
    """
    event_id = _text(event_id) or _refuse("it has no id")
    event = _text(event) or _refuse("it has no event name (event_text)")
    user_id, anonymous_id = _text(user_id), _text(anonymous_id)
    if user_id is None and anonymous_id is None:
        _refuse("it has neither user_id nor anonymous_id")
    try:
        return event_id, event, user_id, anonymous_id, to_utc(timestamp)
    except (TypeError, ValueError):
        raise RowError("its timestamp is missing or not an ISO 8601 date and time") from None


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
    if isinstance(value, str):
        return value.strip() or None
    return None if value is None or isinstance(value, (dict, list, bool)) else str(value)


def _refuse(reason: str) -> Any:
    raise RowError(reason)
