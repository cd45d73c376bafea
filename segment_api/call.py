"""A track call as the bytes that are sent: within Segment's limits, with an id that only this Segment source has."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from program.credential import key_digest
from segment_api.exact_json import write_exactly
from segment_api.limits import MAX_CALL_BYTES, MAX_ID_CHARACTERS


class Rejected(ValueError):
    """An event that Segment would take and drop; the text says why, without quoting it.

    `kind` is the same for all that are rejected for one reason, even if the text names a size.
    """

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.kind = kind or reason


class Deleted(Exception):
    """A record that says of itself that its row was deleted, which is no event."""


def id_suffix(write_key: str) -> str:
    """The suffix of all ids of a Segment source: Segment deduplicates across all sources of all customers."""
    return "-" + key_digest(write_key)


def encode_call(call: dict[str, Any], suffix: str) -> bytes:
    """The call as bytes, with the suffix added to its id; raises `Rejected` if it is larger than Segment keeps."""
    call["messageId"] = add_suffix(call["messageId"], suffix)
    try:
        encoded = orjson.dumps(call)
    except orjson.JSONEncodeError:
        encoded = write_call(call)
    return check_size(encoded)


def check_size(encoded: bytes) -> bytes:
    """The call, if it is small enough; raises `Rejected` if it is larger than Segment keeps."""
    if len(encoded) > MAX_CALL_BYTES:
        raise Rejected(
            f"it takes {len(encoded):,} bytes as a call, and Segment keeps {MAX_CALL_BYTES:,} at most", "too large"
        )
    return encoded


def write_call(value: Any, *, sort_keys: bool = False) -> bytes:
    """A call, or the values behind its id, as compact JSON in UTF-8; raises `Rejected` if it is nested too deep."""
    try:
        return write_exactly(value, sort_keys=sort_keys)
    except RecursionError:
        raise Rejected("it is nested too deep") from None


def add_suffix(event_id: str, suffix: str) -> str:
    """The id of an event as a call to one Segment source has it.

    An id of more than 90 characters is sent as its SHA-256, so that with the suffix it stays below Segment's 100.
    """
    if len(event_id) > MAX_ID_CHARACTERS:
        event_id = hashlib.sha256(event_id.encode()).hexdigest()
    return event_id + suffix
