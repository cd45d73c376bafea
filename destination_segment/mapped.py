"""Records of any stream of any source, mapped by columns that the configuration names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson

from destination_segment.call import Rejected, to_json
from destination_segment.config import MappedRecords
from segment_events.instants import parse_instant
from segment_events.track_call import TrackCall

T = TypeVar("T")
_INEXACT = 2.0**63
"""Whole numbers of more than 64 bits are read as floats."""


def record_to_event(rule: MappedRecords, stream: str, record: Mapping[str, Any]) -> TrackCall:
    """The event that the record tells of; raises `Rejected` with what it lacks."""
    user_id, anonymous_id = _identity(record, rule.user_id), _identity(record, rule.anonymous_id)
    if user_id is None and anonymous_id is None:
        raise Rejected("it has no value in the columns of its identity")
    try:
        timestamp = parse_instant(str(record.get(rule.timestamp) or ""))
    except ValueError:
        raise Rejected("its timestamp is missing or not an ISO 8601 date and time") from None
    own_columns = {rule.user_id, rule.anonymous_id, rule.timestamp}
    return TrackCall(
        event=rule.event_name.replace("{stream}", stream),
        message_id=record_id(rule.message_id, stream, record),
        timestamp=timestamp,
        user_id=user_id,
        anonymous_id=anonymous_id,
        properties={name: value for name, value in record.items() if name not in own_columns},
    )


def record_id(columns: tuple[str, ...], stream: str, record: Mapping[str, Any]) -> str:
    """`stream-value-value`; the digest of the whole record where no columns are named or one has no value."""
    values = [record.get(column) for column in columns]
    if not values or None in values:
        return hashlib.sha256(to_json(record, orjson.OPT_SORT_KEYS)).hexdigest()
    return "-".join([stream, *map(_as_text, values)])


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else to_json(_exact(value), orjson.OPT_SORT_KEYS).decode()


def _identity(record: Mapping[str, Any], column: str | None) -> str | None:
    """Trimmed text; a number without exponent or trailing `.0`, as sources made from data frames send whole numbers."""
    value = None if column is None else record.get(column)
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    if isinstance(value, float) and _exact(value).is_integer():
        value = int(value)
    return str(value).strip() or None


def _exact(value: T) -> T:
    """The value; raises `Rejected` for a number so large that whole numbers beside it are read as the same one."""
    if isinstance(value, float) and abs(value) >= _INEXACT:
        raise Rejected("a number of its identity or message id is longer than 64 bits: make it text at its source")
    return value
