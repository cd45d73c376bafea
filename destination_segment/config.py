"""The configuration as a value, checked once when it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from program.configuration import require_valid, to_fields
from program.credential import require_key
from program.failure import ConfigurationError, FieldError
from program.origin import require_origin
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
    """Part of the message ids: it keeps the records of one source apart from those of another of the same shape."""

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
    given = to_fields(raw)
    if "api_key" in given and "write_key" not in given:
        raise ConfigurationError(
            "This is the configuration of a source (it has 'api_key' and no 'write_key'): give the destination its own."
        )
    fields = require_valid(load_schema(), given)
    return Config(
        write_key=require_key("write_key", fields["write_key"], "Segment"),
        origin=_parse_region(fields["region"]),
        records=_parse_records(fields["records"]),
        skip_rejected=fields["on_rejected"] == "skip",
        max_requests_per_second=float(fields["max_requests_per_second"]),
        num_workers=int(fields["num_workers"]),
    )


def _parse_region(region: Mapping[str, str]) -> str:
    if region["location"] != "other":
        return ORIGIN_BY_LOCATION[region["location"]]
    return require_origin("region.api_url", region["api_url"])


def _parse_records(records: Mapping[str, Any]) -> MappedRecords | None:
    if records["shape"] == "segment_rows":
        return None
    user_id, anonymous_id = (_column(records.get(name)) for name in ("user_id", "anonymous_id"))
    if user_id is None and anonymous_id is None:
        raise FieldError(
            "records.user_id",
            "must be the name of the column that says who did it, if 'records.anonymous_id' is not set",
        )
    for place, name in (("timestamp", records["timestamp"]), *_named("message_id", records["message_id"])):
        if not _column(name):
            raise FieldError(f"records.{place}", "must be the name of a column")
    return MappedRecords(
        event_name=records["event_name"],
        timestamp=records["timestamp"],
        user_id=user_id,
        anonymous_id=anonymous_id,
        message_id=tuple(records["message_id"]),
        id_scope=records["id_scope"],
    )


def _named(place: str, names: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{place}.{number}", name) for number, name in enumerate(names)]


def _column(name: str | None) -> str | None:
    """A column's name; forms send an empty text for an empty field."""
    return name if name and name.strip() else None
