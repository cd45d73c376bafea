"""The configured catalog: which streams come, and whether an API that only appends can take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SYNC_MODES = frozenset({"append", "append_dedup"})


class CatalogError(ValueError):
    """A catalog that cannot be written to Segment; its text is one sentence."""


@dataclass(frozen=True)
class Catalog:
    """The streams of a sync by name; `repeated` are names that several namespaces share."""

    streams: frozenset[str]
    repeated: frozenset[str]
    truncating: tuple[str, ...]
    """Streams of which the platform wants earlier generations gone, which Segment cannot do."""


def parse_catalog(raw: Any) -> Catalog:
    """The catalog in the platform's form; raises `CatalogError`."""
    streams = raw.get("streams") if isinstance(raw, Mapping) else None
    try:
        if not isinstance(streams, list):
            raise TypeError
        entries = [_parse_entry(entry) for entry in streams]
    except (KeyError, TypeError, AttributeError):
        raise CatalogError(
            "The catalog is not a configured Airbyte catalog: it needs 'streams', each with a 'stream' that has a "
            "'name', and a 'destination_sync_mode'."
        ) from None
    refused = sorted(f"{name} ({mode})" for name, mode, _ in entries if mode not in SYNC_MODES)
    if refused:
        raise CatalogError(
            f"Segment can only be added to: set the sync mode of {', '.join(refused)} to one that appends "
            "(append or append_dedup)."
        )
    names = [name for name, _, _ in entries]
    return Catalog(
        streams=frozenset(names),
        repeated=frozenset(name for name in names if names.count(name) > 1),
        truncating=tuple(name for name, _, truncates in entries if truncates),
    )


def _parse_entry(entry: Mapping[str, Any]) -> tuple[str, str, bool]:
    name, mode = entry["stream"]["name"], entry.get("destination_sync_mode") or "append"
    if not isinstance(name, str) or not isinstance(mode, str):
        raise TypeError
    return name, mode, (entry.get("minimum_generation_id") or 0) > 0
