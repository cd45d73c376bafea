"""A track call as the bytes that travel, weighed and signed with an id of this Segment source's own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import orjson

from destination_segment import NAME, VERSION
from destination_segment.limits import MAX_CALL_BYTES, MAX_ID_CHARACTERS

LIBRARY = {"name": NAME, "version": VERSION}
"""Who sends the calls, as their context says."""


class Rejected(ValueError):
    """An event that Segment would take and drop; the text says why, without quoting it."""


def id_suffix(write_key: str) -> str:
    """What sets the ids of one Segment source apart: Segment deduplicates them across all sources of all customers."""
    return "-" + hashlib.sha256(write_key.encode()).hexdigest()[:8]


def encode_call(call: dict[str, Any], suffix: str) -> bytes:
    """The call, which is signed for it, as it travels; raises `Rejected` where it is larger than Segment keeps.

    An id of more than 90 characters is sent as its SHA-256, so that with the suffix it stays below Segment's 100.
    """
    call["messageId"] = _within_limit(call["messageId"]) + suffix
    try:
        encoded = orjson.dumps(call)
    except orjson.JSONEncodeError:
        encoded = _encode_slowly(call)
    if len(encoded) > MAX_CALL_BYTES:
        raise Rejected(f"it takes {len(encoded):,} bytes as a call, and Segment keeps {MAX_CALL_BYTES:,} at most")
    return encoded


def encode_sorted(value: Any) -> bytes:
    """Any JSON value, compact, with sorted keys, in UTF-8."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return _encode_slowly(value, sort_keys=True)


def _encode_slowly(value: Any, *, sort_keys: bool = False) -> bytes:
    """What orjson refuses: integers of more than 64 bits, and more than 254 levels of nesting."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys).encode()
    except RecursionError:
        raise Rejected("it is nested too deep") from None


def _within_limit(message_id: str) -> str:
    if len(message_id) <= MAX_ID_CHARACTERS:
        return message_id
    return hashlib.sha256(message_id.encode()).hexdigest()
