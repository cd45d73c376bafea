"""A track call as the bytes that travel, weighed and signed with an id of this Segment source's own."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import orjson

from destination_segment import NAME, VERSION
from destination_segment.limits import MAX_CALL_BYTES, MAX_ID_CHARACTERS
from segment_events.track_call import TrackCall

_LIBRARY = {"name": NAME, "version": VERSION}


class Call(NamedTuple):
    """One element of a batch: its final message id, and itself as compact JSON in UTF-8."""

    message_id: str
    json: bytes


class Rejected(ValueError):
    """An event that Segment would take and drop; the text says why, without quoting it."""


def id_suffix(write_key: str) -> str:
    """What sets the ids of one Segment source apart: Segment deduplicates them across all sources of all customers."""
    return "-" + hashlib.sha256(write_key.encode()).hexdigest()[:8]


def to_call(event: TrackCall, suffix: str) -> Call:
    """The call as it travels; raises `Rejected` where it is larger than Segment keeps.

    An id of more than 90 characters is sent as its SHA-256, so that with the suffix it stays below Segment's 100.
    """
    message_id = _within_limit(event.message_id) + suffix
    fields = event.to_json()
    fields["messageId"] = message_id
    fields["context"]["library"] = _LIBRARY
    encoded = to_json(fields)
    if len(encoded) > MAX_CALL_BYTES:
        raise Rejected(f"it takes {len(encoded):,} bytes as a call, and Segment keeps {MAX_CALL_BYTES:,} at most")
    return Call(message_id, encoded)


def to_json(value: Any, option: int | None = None) -> bytes:
    """Compact JSON in UTF-8; raises `Rejected` for what is nested deeper than orjson writes, which is 254 levels."""
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError:
        raise Rejected("it is nested too deep to be sent") from None


def _within_limit(message_id: str) -> str:
    if len(message_id) <= MAX_ID_CHARACTERS:
        return message_id
    return hashlib.sha256(message_id.encode()).hexdigest()
