"""Records of any stream of any source, mapped by columns that the configuration names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from destination_segment.call import LIBRARY, Rejected, encode_sorted
from destination_segment.config import MappedRecords
from segment_events.instants import to_utc
from segment_events.track_call import to_json


def record_to_call(rule: MappedRecords, stream: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The call of the event that the record tells of; raises `Rejected` with what it lacks."""
    user_id, anonymous_id = _identity(record, rule.user_id), _identity(record, rule.anonymous_id)
    if user_id is None and anonymous_id is None:
        raise Rejected("it has no value in the columns of its identity")
    try:
        timestamp = to_utc(record.get(rule.timestamp, ""))
    except (TypeError, ValueError):
        raise Rejected("its timestamp is missing or not an ISO 8601 date and time") from None
    own_columns = {rule.user_id, rule.anonymous_id, rule.timestamp}
    return to_json(
        event=rule.event_name.replace("{stream}", stream),
        message_id=record_id(rule.message_id, stream, record),
        timestamp=timestamp,
        user_id=user_id,
        anonymous_id=anonymous_id,
        properties={name: value for name, value in record.items() if name not in own_columns},
        context={"library": LIBRARY},
    )


def record_id(columns: tuple[str, ...], stream: str, record: Mapping[str, Any]) -> str:
    """`stream-value-value`; the digest of the whole record where no columns are named or one has no value."""
    values = [record.get(column) for column in columns]
    if not values or None in values:
        return hashlib.sha256(encode_sorted(record)).hexdigest()
    return "-".join([stream, *map(_as_text, values)])


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else encode_sorted(value).decode()


def _identity(record: Mapping[str, Any], column: str | None) -> str | None:
    """Trimmed text; a number without exponent or trailing `.0`, as sources made from data frames send whole numbers."""
    value = None if column is None else record.get(column)
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None
