"""The configuration as a value, checked once at the door."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from destination_segment.spec_rules import require_valid
from program.failure import ConfigurationError
from program.origin import parse_origin
from segment_api.regions import ORIGIN_BY_LOCATION


@dataclass(frozen=True)
class MappedRecords:
    """How records of any stream become calls: a name in which `{stream}` is replaced, and columns by name."""

    event_name: str
    timestamp: str
    user_id: str | None
    anonymous_id: str | None
    message_id: tuple[str, ...]
    id_scope: str = ""
    """What tells the records of one source from those of another of the same shape, in their message ids."""

    def columns(self) -> Mapping[str, str]:
        """The columns that the configuration names, by the field that names each."""
        named = {"user_id": self.user_id, "anonymous_id": self.anonymous_id, "timestamp": self.timestamp}
        named |= dict(_named("message_id", self.message_id))
        return {f"records.{field}": column for field, column in named.items() if column is not None}


@dataclass(frozen=True)
class Config:
    """A configuration that holds: `records` is None for rows in the form of Segment's event tables."""

    write_key: str = field(repr=False)
    origin: str
    records: MappedRecords | None
    skip_rejected: bool
    max_requests_per_second: float
    num_workers: int


def load_schema() -> dict[str, Any]:
    """The schema of the configuration, from the `spec.json` that users see."""
    spec = json.loads((Path(__file__).parent / "spec.json").read_text("utf-8"))
    schema: dict[str, Any] = spec["connectionSpecification"]
    return schema


def parse_config(raw: object) -> Config:
    """The configuration with its defaults filled in; raises `ConfigurationError`, one sentence that names the field."""
    if not isinstance(raw, Mapping):
        raise ConfigurationError("The configuration is not a JSON object: give one with the fields of the spec.")
    schema = load_schema()
    given = _without_nulls(raw)
    if "api_key" in given and "write_key" not in given:
        raise ConfigurationError(
            "This is the configuration of a source (it has api_key and no write_key): give the destination its own."
        )
    require_valid(schema, given)
    values = {name: rule["default"] for name, rule in schema["properties"].items() if "default" in rule} | given
    return Config(
        write_key=_parse_write_key(values["write_key"]),
        origin=_parse_region(values["region"]),
        records=_parse_records(values["records"]),
        skip_rejected=values["on_rejected"] == "skip",
        max_requests_per_second=float(values["max_requests_per_second"]),
        num_workers=int(values["num_workers"]),
    )


def _without_nulls(value: Mapping[str, Any]) -> dict[str, Any]:
    """Forms send null for what was left empty."""
    return {
        name: _without_nulls(inner) if isinstance(inner, Mapping) else inner
        for name, inner in value.items()
        if inner is not None
    }


def _parse_write_key(text: str) -> str:
    """What fits into Basic authentication whole, which a colon would end.

    Stricter than the schema's pattern, whose `$` lets a trailing line break through.
    """
    if not re.fullmatch("[!-9;-~]+", text):
        raise ConfigurationError(
            "write_key must be the key as Segment shows it, without spaces, colons or line breaks."
        )
    return text


def _parse_region(region: Mapping[str, str]) -> str:
    if region["location"] != "other":
        return ORIGIN_BY_LOCATION[region["location"]]
    try:
        return parse_origin(region["api_url"])
    except ValueError as error:
        raise ConfigurationError(f"region.api_url {error}.") from None


def _parse_records(records: Mapping[str, Any]) -> MappedRecords | None:
    if records["shape"] == "segment_rows":
        return None
    user_id, anonymous_id = (_column(records.get(name)) for name in ("user_id", "anonymous_id"))
    if user_id is None and anonymous_id is None:
        raise ConfigurationError("records.user_id or records.anonymous_id must name the column that says who did it.")
    for place, name in (("timestamp", records["timestamp"]), *_named("message_id", records.get("message_id", ()))):
        if not _column(name):
            raise ConfigurationError(f"records.{place} must be the name of a column.")
    return MappedRecords(
        event_name=records["event_name"],
        timestamp=records["timestamp"],
        user_id=user_id,
        anonymous_id=anonymous_id,
        message_id=tuple(records.get("message_id", ())),
        id_scope=records.get("id_scope", ""),
    )


def _named(place: str, names: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{place}.{number}", name) for number, name in enumerate(names)]


def _column(name: str | None) -> str | None:
    """A column's name; forms send an empty text for what was left empty."""
    return name if name and name.strip() else None
