"""The configuration as a value, checked once when it is read (`spec.json` has the fields)."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any, cast

from mailjet_reading.config import Config
from program.broken_rule import A_DATE
from program.configuration import Fields, require_valid, to_fields
from program.credential import require_key
from program.failure import ConfigurationError, FieldError
from program.origin import require_origin
from segment_events.instants import parse_instant, unix_seconds

LEAST_REQUESTS_PER_SECOND = 0.001
"""One in a quarter of an hour: with less a sync seems to hang, and the system cannot wait as long as the least asks."""

WITHOUT_EFFECT = (
    *("api_url", "user_id", "unsubscribe_event_name", "engagement_days", "lookback_minutes"),
    *("max_requests_per_second", "num_workers"),
)
"""The fields that have no effect if events come from a collector."""

_COLLECTOR_URL = re.compile(r"(https?://[^/?#@\s]+)((?:/[^/?#@\s]+)*/events/[a-z0-9-]{1,40})/?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def load_schema() -> dict[str, Any]:
    """The schema of the configuration, from the `spec.json` that users see."""
    spec = json.loads(files("source_mailjet_segment").joinpath("spec.json").read_text("utf-8"))
    return cast("dict[str, Any]", spec["connectionSpecification"])


def parse_config(config: object) -> Config:
    """The configuration as a value; raises `ConfigurationError` naming the first field that is wrong.

    A field that is null counts as absent: if a field was left empty, Airbyte's form sends null.
    """
    given = to_fields(config)
    if "write_key" in given and "api_key" not in given:
        raise ConfigurationError(
            "This is the configuration of the destination (it has 'write_key' and no 'api_key'): give the source its "
            "own."
        )
    fields = require_valid(load_schema(), given)
    if fields["max_requests_per_second"] < LEAST_REQUESTS_PER_SECOND:
        raise FieldError("max_requests_per_second", f"must be at least {LEAST_REQUESTS_PER_SECOND}")
    _collector_url(fields)
    start, end = _instant("start_date", fields["start_date"]), fields.get("end_date")
    until = None if end is None else _instant("end_date", end)
    if until is not None and start >= until:
        raise FieldError("start_date", "must be before 'end_date': set an earlier start or a later end")
    return Config(
        api_key=require_key("api_key", fields["api_key"], "Mailjet"),
        api_key_secret=require_key("api_key_secret", fields["api_key_secret"], "Mailjet"),
        api_url=require_origin("api_url", fields["api_url"]),
        start=max(0, start),
        end=until,
        user_id_from=fields["user_id"]["from"],
        user_id_property=str(fields["user_id"].get("property", "userId")).strip(),
        engagement_days=int(fields["engagement_days"]),
        lookback_s=int(fields["lookback_minutes"]) * 60,
        unsubscribe_event_name=fields["unsubscribe_event_name"],
        max_requests_per_second=float(fields["max_requests_per_second"]),
        num_workers=int(fields["num_workers"]),
    )


def parse_collector_url(config: object) -> str | None:
    """The address of the collector that events are read from, without a slash at its end; None if it is Mailjet.

    Raises `FieldError` for an address that keys may not be sent to, and for fields that cannot go with a collector.
    """
    return _collector_url(require_valid(load_schema(), to_fields(config)))


def fields_without_effect(config: object) -> list[str]:
    """The fields that are set, and have no effect because events come from a collector."""
    given = to_fields(config)
    return [name for name in WITHOUT_EFFECT if name in given]


def _collector_url(fields: Fields) -> str | None:
    if fields["events_from"]["via"] != "collector":
        return None
    if "end_date" in fields:
        raise FieldError("end_date", "must be left out if 'events_from' names a collector, which is read to its end")
    parts = _COLLECTOR_URL.fullmatch(fields["events_from"]["url"])
    if parts is None:
        raise FieldError(
            "events_from.url", "must be the address of an account at a collector, like https://host/events/account"
        )
    return require_origin("events_from.url", parts[1]) + parts[2]


def _instant(field: str, text: str) -> int:
    """Unix seconds; stricter than the schema's pattern, which lets digits of other scripts and a line break through."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return unix_seconds(parse_instant(text))
    except ValueError:
        raise FieldError(field, f"must be a date that exists, like {A_DATE}") from None
