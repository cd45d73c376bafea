"""The configuration as a value, checked once at the door (the fields are the contract of `spec.json`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mailjet_reading.config import Config
from program.failure import ConfigurationError
from program.origin import is_loopback
from segment_events.instants import parse_instant, unix_seconds
from source_mailjet_segment.spec_rules import A_DATE, load_schema, require_valid

LEAST_REQUESTS_PER_SECOND = 0.001
"""One in a quarter of an hour: with less a sync seems to hang, and the system cannot wait as long as the least asks."""

_KEY = re.compile(r"[!-9;-~]+")
"""What fits into Basic authentication whole: printable, no space, no colon."""

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[\w-]+(\.[\w-]+)*)(:\d+)?/?", re.ASCII)


def parse_config(config: object) -> Config:
    """The configuration as a value; raises `ConfigurationError` naming the first field that is wrong.

    A field that is null counts as absent: Airbyte's form sends nulls for what was left empty.
    """
    if not isinstance(config, Mapping):
        raise ConfigurationError("The configuration is not a JSON object: give one with the fields of the spec.")
    given = _without_nulls(config)
    if "write_key" in given and "api_key" not in given:
        raise ConfigurationError(
            "This is the configuration of the destination (it has 'write_key' and no 'api_key'): give the source its "
            "own."
        )
    schema = load_schema()
    require_valid(schema, given)
    defaults = {name: field["default"] for name, field in schema["properties"].items() if "default" in field}
    fields = {**defaults, **given}
    for name in ("api_key", "api_key_secret"):
        if not _KEY.fullmatch(fields[name]):
            raise ConfigurationError(
                f"Field '{name}' is not a Mailjet key: copy it again from Mailjet, without spaces or colons."
            )
    if fields["max_requests_per_second"] < LEAST_REQUESTS_PER_SECOND:
        raise ConfigurationError(
            f"Field 'max_requests_per_second' of the configuration must be at least {LEAST_REQUESTS_PER_SECOND}."
        )
    start, end = _instant("start_date", fields["start_date"]), fields.get("end_date")
    until = None if end is None else _instant("end_date", end)
    if until is not None and start >= until:
        raise ConfigurationError("Field 'start_date' is not before 'end_date': set an earlier start or a later end.")
    return Config(
        api_key=fields["api_key"],
        api_key_secret=fields["api_key_secret"],
        api_url=_origin(fields["api_url"]),
        start=max(0, start),
        end=until,
        user_id_from=fields["user_id"]["from"],
        user_id_property=str(fields["user_id"].get("property") or "userId").strip(),
        engagement_days=int(fields["engagement_days"]),
        lookback_s=int(fields["lookback_minutes"]) * 60,
        unsubscribe_event_name=fields["unsubscribe_event_name"],
        max_requests_per_second=float(fields["max_requests_per_second"]),
        num_workers=int(fields["num_workers"]),
    )


def _without_nulls(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in config.items()
        if value is not None
    }


def _instant(field: str, text: str) -> int:
    """Unix seconds; stricter than the schema's pattern, which lets digits of other scripts and a line break through."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return unix_seconds(parse_instant(text))
    except ValueError:
        raise ConfigurationError(f"Field '{field}' is not a date that exists: write it as {A_DATE}.") from None


def _origin(url: str) -> str:
    """`api_url` without a trailing slash; keys go over `http` to this machine only, also out of a container on it.

    Stricter than the schema's pattern: a host is letters and digits that cannot be taken for others.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not _ORIGIN.fullmatch(url) or not host or port == 0:
        raise ConfigurationError(
            "Field 'api_url' is not an address: use https://api.mailjet.com, or another host in plain letters."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            "Field 'api_url' must begin with https:// (http is for localhost, 127.0.0.0/8, ::1 and "
            "host.docker.internal only)."
        )
    return url.rstrip("/")
