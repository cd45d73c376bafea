"""The JSON schemas of the streams, from the columns of their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segment_events.kinds import ColumnType, columns_of
from source_mailjet_segment.column_meanings import MEANINGS

_TYPES: Mapping[ColumnType, Mapping[str, Any]] = {
    "text": {"type": ["null", "string"]},
    "boolean": {"type": ["null", "boolean"]},
    "integer": {"type": ["null", "integer"]},
    "instant": {
        "type": ["null", "string"],
        "format": "date-time",
        "airbyte_type": "timestamp_with_timezone",
    },
}


def schema_of(stream: str) -> dict[str, Any]:
    """The stream's schema (draft 7): every column is declared and nullable, and none is required: Airbyte takes an
    absent column for null.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": {name: _column(name, of) for name, of in columns_of(stream).items()},
    }


def _column(name: str, of: ColumnType) -> dict[str, Any]:
    meaning = MEANINGS[name]
    return {**_TYPES[of], "description": meaning.text, "examples": [meaning.example]}
