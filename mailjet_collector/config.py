"""The configuration as a value, checked once where it is read (the fields are those of `collector.schema.json`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from mailjet_collector.config_rules import load_schema, require_valid
from program.failure import ConfigurationError
from program.json_file import read_object
from program.origin import parse_origin
from program.secret_text import with_secrets
from segment_api.regions import ORIGIN_BY_LOCATION
from segment_events.instants import parse_instant, unix_seconds

LEAST_COMPLETENESS_MINUTES = 5
_MINUTE_S, _DAY_S = 60, 86_400
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class UserIdRule:
    """Where user ids come from. `property`: of `contact_property`; `path`: of `event_payload`."""

    source: Literal["contact_property", "custom_id", "address", "none", "event_payload"]
    property: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class SegmentConfig:
    """The Segment source that gets an account's events; without `forward_from`, those since the first start."""

    write_key: str = field(repr=False)
    api_url: str
    forward_from: datetime | None


@dataclass(frozen=True)
class AccountConfig:
    """A Mailjet account. `start`, in Unix seconds: from when on history is read by REST; None, the first start."""

    name: str
    api_key: str = field(repr=False)
    api_key_secret: str = field(repr=False)
    api_url: str
    unsubscribe_event_name: str
    engagement_days: int
    max_requests_per_second: float
    webhook_passwords: tuple[str, ...] = field(repr=False)
    user_id: UserIdRule
    start: int | None
    segment: SegmentConfig | None

    @property
    def key_digest(self) -> str:
        """8 hex digits by which the store knows the key that its events belong to."""
        return hashlib.sha256(self.api_key.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class CollectorConfig:
    """A configuration that holds. `completeness_s` and `retention_s`: 0 is never."""

    store: str = field(repr=False)
    accounts: tuple[AccountConfig, ...]
    completeness_s: int
    retention_s: int
    public_url: str | None


def read_config(path: Path) -> CollectorConfig:
    """The configuration in a file; raises `ConfigurationError`."""
    return parse_config(read_object("config", str(path)), path.parent)


def parse_config(raw: Mapping[str, Any], folder: Path) -> CollectorConfig:
    """The configuration with its defaults; files of secrets are looked for in `folder`.

    Raises `ConfigurationError` with one sentence that names the field and quotes no value.
    """
    schema = load_schema()
    given = with_secrets(raw, folder)
    require_valid(schema, given)
    values = _defaults(schema) | given
    minutes = int(values["completeness_minutes"])
    if 0 < minutes < LEAST_COMPLETENESS_MINUTES:
        raise ConfigurationError(
            f"completeness_minutes must be from {LEAST_COMPLETENESS_MINUTES} to 1440, or 0 for never."
        )
    defaults = _defaults(schema["definitions"]["account"])
    accounts = [_account(defaults | each, f"accounts.{number}") for number, each in enumerate(values["accounts"])]
    _refuse_twins([account.name for account in accounts])
    return CollectorConfig(
        store=values["store"],
        accounts=tuple(accounts),
        completeness_s=minutes * _MINUTE_S,
        retention_s=int(values["retention_days"]) * _DAY_S,
        public_url=_public_url(values["public_url"]) if "public_url" in values else None,
    )


def _account(values: Mapping[str, Any], place: str) -> AccountConfig:
    passwords = values["webhook_password"]
    start = values.get("start_date")
    return AccountConfig(
        name=values["name"],
        api_key=values["api_key"],
        api_key_secret=values["api_key_secret"],
        api_url=_origin(values["api_url"], f"{place}.api_url"),
        unsubscribe_event_name=values["unsubscribe_event_name"],
        engagement_days=int(values["engagement_days"]),
        max_requests_per_second=float(values["max_requests_per_second"]),
        webhook_passwords=(passwords,) if isinstance(passwords, str) else tuple(passwords),
        user_id=_user_id(values["user_id"]),
        start=None if start is None else max(0, unix_seconds(_instant(start, f"{place}.start_date"))),
        segment=_segment(values["segment"], f"{place}.segment") if "segment" in values else None,
    )


def _user_id(form: Mapping[str, Any]) -> UserIdRule:
    path = tuple(form["path"].split(".")) if "path" in form else ()
    return UserIdRule(form["from"], form.get("property", "userId").strip(), path)


def _segment(values: Mapping[str, Any], place: str) -> SegmentConfig:
    region = values.get("region", {"location": "us"})
    since = values.get("forward_from")
    return SegmentConfig(
        write_key=values["write_key"],
        api_url=ORIGIN_BY_LOCATION.get(region["location"]) or _origin(region["api_url"], f"{place}.region.api_url"),
        forward_from=None if since is None else _instant(since, f"{place}.forward_from"),
    )


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule["default"] for name, rule in schema["properties"].items() if "default" in rule}


def _instant(text: str, place: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise ConfigurationError(f"{place} is not a date that exists: write it as 2026-01-31T00:00:00Z.") from None


def _origin(text: str, place: str) -> str:
    try:
        return parse_origin(text)
    except ValueError as error:
        raise ConfigurationError(f"{place} {error}.") from None


def _public_url(text: str) -> str:
    """An origin with a path, without the slash at its end."""
    path = urlsplit(text).path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise ConfigurationError("public_url has a path that Mailjet would not take: use letters, digits, '-' and '/'.")
    return _origin(text.rstrip("/").removesuffix(path), "public_url") + path


def _refuse_twins(names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ConfigurationError(f"accounts.{number}.name is taken by another account: give it another name.")
