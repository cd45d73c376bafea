"""The configured catalog: the streams of a sync, and the check that an API that only appends can take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from destination_segment.config import MappedRecords
from program.failure import ConfigurationError

SYNC_MODES = frozenset({"append", "append_dedup"})


@dataclass(frozen=True)
class Catalog:
    """The streams of a sync by name."""

    streams: frozenset[str]
    columns: tuple[tuple[str, frozenset[str]], ...]
    """Name and columns of each stream that has a schema with its columns."""
    truncating: tuple[str, ...]
    """Streams with earlier generations that the platform wants removed; Segment cannot remove them."""


def parse_catalog(raw: Any) -> Catalog:
    """The catalog in the platform's form; raises `ConfigurationError`."""
    streams = raw.get("streams") if isinstance(raw, Mapping) else None
    try:
        if not isinstance(streams, list):
            raise TypeError
        entries = [_parse_entry(entry) for entry in streams]
    except (KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            "The catalog is not a configured Airbyte catalog: it needs 'streams', each with a 'stream' that has a "
            "'name', and a 'destination_sync_mode'."
        ) from None
    refused = sorted(f"{entry.name} ({entry.mode})" for entry in entries if entry.mode not in SYNC_MODES)
    if refused:
        raise ConfigurationError(
            f"Segment can only be added to: set the sync mode of {', '.join(refused)} to one that appends "
            "(append or append_dedup)."
        )
    return Catalog(
        streams=frozenset(entry.name for entry in entries),
        columns=tuple((entry.name, entry.columns) for entry in entries if entry.columns),
        truncating=tuple(entry.name for entry in entries if entry.truncates),
    )


class _Entry(NamedTuple):
    name: str
    mode: str
    columns: frozenset[str]
    truncates: bool


def _parse_entry(entry: Mapping[str, Any]) -> _Entry:
    stream, mode = entry["stream"], entry.get("destination_sync_mode") or "append"
    if not isinstance(stream["name"], str) or not isinstance(mode, str):
        raise TypeError
    truncates = (entry.get("minimum_generation_id") or 0) > 0
    return _Entry(stream["name"], mode, _columns_of(stream.get("json_schema")), truncates)


def _columns_of(schema: Any) -> frozenset[str]:
    """The columns that a schema lists; none if it lists none, or describes others by a pattern.

    `additionalProperties` does not matter: every source says that there may be some.
    """
    columns = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(columns, Mapping) or schema.get("patternProperties"):
        return frozenset()
    return frozenset(columns)


def require_columns(rule: MappedRecords, catalog: Catalog) -> None:
    """Raises `ConfigurationError` if a stream lists its columns without a column that the configuration names."""
    for stream, columns in catalog.columns:
        for field, column in rule.columns().items():
            if column not in columns:
                nearest = get_close_matches(column, columns, 1)
                meant = f"name {nearest[0]} if that is meant" if nearest else "name one that it has"
                raise ConfigurationError(f"Stream {stream} has no column {column}, which {field} names: {meant}.")
