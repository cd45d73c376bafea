"""The configuration as a value, checked once at the door (the fields are the contract of `spec.json`)."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import pendulum

from source_mailjet_segment.spec_rules import A_DATE, ConfigError, load_schema, require_valid

UserIdFrom = Literal["contact_property", "custom_id", "none"]
DAY_S = 86_400
LEAST_REQUESTS_PER_SECOND = 0.001
"""One in a quarter of an hour: with less a sync seems to hang, and the system cannot wait as long as the least asks."""

_KEY = re.compile(r"[!-9;-~]+")
"""What fits into Basic authentication whole: printable, no space, no colon."""

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[\w-]+(\.[\w-]+)*)(:\d+)?/?", re.ASCII)


@dataclass(frozen=True)
class Config:
    """A valid configuration. Instants are Unix seconds; `end` is None where the sync's own end holds."""

    api_key: str
    api_key_secret: str
    api_url: str
    start: int
    end: int | None
    user_id_from: UserIdFrom
    user_id_property: str
    engagement_days: int
    lookback_s: int
    unsubscribe_event_name: str
    max_requests_per_second: float
    num_workers: int

    @property
    def api_key_digest(self) -> str:
        """8 hex digits by which a state knows the key it belongs to."""
        return hashlib.sha256(self.api_key.encode()).hexdigest()[:8]

    @property
    def late_delivery_s(self) -> int:
        """How long after its sending a pending message is watched."""
        return min(self.engagement_days, 7) * DAY_S


def parse_config(config: object) -> Config:
    """The configuration as a value; raises `ConfigurationError` naming the first field that is wrong."""
    try:
        return parse_fields(config)
    except ConfigError as error:
        from source_mailjet_segment.errors import ConfigurationError

        raise ConfigurationError(str(error)) from None


def parse_fields(config: object) -> Config:
    """The same; raises `ConfigError`, and so does without the CDK, which takes seconds to be imported.

    A field that is null counts as absent: Airbyte's form sends nulls for what was left empty.
    """
    if not isinstance(config, Mapping):
        raise ConfigError("The configuration is not a JSON object: give one with the fields of the spec.")
    given = _without_nulls(config)
    schema = load_schema()
    require_valid(schema, given)
    defaults = {name: field["default"] for name, field in schema["properties"].items() if "default" in field}
    fields = {**defaults, **given}
    for name in ("api_key", "api_key_secret"):
        if not _KEY.fullmatch(fields[name]):
            raise ConfigError(
                f"Field '{name}' is not a Mailjet key: copy it again from Mailjet, without spaces or colons."
            )
    if fields["max_requests_per_second"] < LEAST_REQUESTS_PER_SECOND:
        raise ConfigError(
            f"Field 'max_requests_per_second' of the configuration must be at least {LEAST_REQUESTS_PER_SECOND}."
        )
    start, end = _instant("start_date", fields["start_date"]), fields.get("end_date")
    until = None if end is None else _instant("end_date", end)
    if until is not None and start >= until:
        raise ConfigError("Field 'start_date' is not before 'end_date': set an earlier start or a later end.")
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
        return int(pendulum.from_format(text, "YYYY-MM-DDTHH:mm:ss[Z]", tz="UTC").timestamp())
    except ValueError:
        raise ConfigError(f"Field '{field}' is not a date that exists: write it as {A_DATE}.") from None


def _origin(url: str) -> str:
    """`api_url` without a trailing slash; keys go over `http` to this machine only.

    Stricter than the schema's pattern: a host is letters and digits that cannot be taken for others.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not _ORIGIN.fullmatch(url) or not host or port == 0:
        raise ConfigError(
            "Field 'api_url' is not an address: use https://api.mailjet.com, or another host in plain letters."
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError("Field 'api_url' must begin with https:// (http is for this machine only).")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback and not (address.version == 6 and address != ipaddress.IPv6Address("::1"))
