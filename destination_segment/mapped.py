"""Records of any stream of any source, mapped by columns that the configuration names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from destination_segment import LIBRARY
from destination_segment.config import MappedRecords
from destination_segment.timestamps import to_timestamp
from segment_api.call import Deleted, Rejected, write_call
from segment_events.track_call import to_json

AIRBYTE_PREFIXES = ("_airbyte_", "_ab_")
"""Airbyte adds columns with these prefixes to records: they describe how a record was read, not its event."""

DELETED_AT = "_ab_cdc_deleted_at"
"""A database's log sets it in the record of a deleted row."""

ID_DIGITS = 40
MOST_PLAIN_DIGITS = 400
"""A number with more digits than this keeps its exponent: without it, `1e-999999999` would take a gigabyte."""


def record_to_call(
    rule: MappedRecords, stream: str, record: Mapping[str, Any], namespace: str | None = None
) -> dict[str, Any]:
    """The call of the event in the record; raises `Rejected`, which names the missing value, and `Deleted`."""
    if record.get(DELETED_AT):
        raise Deleted
    user_id, anonymous_id = _identity(record, rule.user_id), _identity(record, rule.anonymous_id)
    if user_id is None and anonymous_id is None:
        raise Rejected("it has no value in the columns of its identity")
    try:
        timestamp = to_timestamp(record.get(rule.timestamp))
    except ValueError:
        raise Rejected("its timestamp is missing, or neither an ISO 8601 date or time nor a Unix time") from None
    kept = _without_airbyte_columns(record)
    event = rule.event_name.replace("{stream}", stream)
    event_id = record_id([event, rule.id_scope, namespace or None, stream], rule.message_id, record, kept)
    properties = {**kept}
    for column in (rule.user_id, rule.anonymous_id, rule.timestamp):
        if column is not None:
            properties.pop(column, None)
    return to_json(event, event_id, timestamp, user_id, anonymous_id, properties, {"library": LIBRARY})


def _without_airbyte_columns(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record without the columns that Airbyte added."""
    columns = tuple(record)
    kept = _source_columns(columns)
    return record if len(kept) == len(columns) else {name: record[name] for name in kept}


@lru_cache(maxsize=1_000)
def _source_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that the source itself has; found once for all records with the same columns."""
    return tuple(name for name in columns if not name.startswith(AIRBYTE_PREFIXES))


def record_id(
    place: list[str | None], columns: tuple[str, ...], record: Mapping[str, Any], kept: Mapping[str, Any]
) -> str:
    """A digest of the event's place and the values of `columns`. If no column is named, or a column has no value, all
    `kept` columns are digested instead. Numbers are told apart by all of their digits, and `1` from `1.0`.
    """
    values = [record.get(column) for column in columns]
    is_known_by_them = values and None not in values and "" not in values
    written = write_call([*place, values if is_known_by_them else kept], sort_keys=True)
    return hashlib.sha256(written).hexdigest()[:ID_DIGITS]


def _identity(record: Mapping[str, Any], column: str | None) -> str | None:
    """Trimmed text; a number without exponent or trailing `.0`, as sources made from data frames send whole numbers."""
    value = None if column is None else record.get(column)
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    if isinstance(value, (float, Decimal)):
        return _plain(Decimal(str(value)))
    return str(value).strip() or None


def _plain(number: Decimal) -> str:
    if abs(number.adjusted()) > MOST_PLAIN_DIGITS and number.as_tuple().exponent != 0:
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
