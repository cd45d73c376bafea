"""The configuration as a value, checked once, when it is read (the fields are those of `collector.schema.json`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from program.broken_rule import A_DATE
from program.configuration import require_valid, to_fields
from program.credential import key_digest, require_key
from program.failure import FieldError
from program.json_file import read_object
from program.origin import require_origin
from program.secret_text import with_secrets
from segment_api.regions import ORIGIN_BY_LOCATION
from segment_events.instants import parse_instant, unix_seconds

LEAST_COMPLETENESS_MINUTES = 5
_MINUTE_S, _DAY_S = 60, 86_400
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class UserIdRule:
    """The source of user ids. `property`: of `contact_property`; `path`: of `event_payload`."""

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
        return key_digest(self.api_key)


@dataclass(frozen=True)
class CollectorConfig:
    """A configuration that holds. `completeness_s` and `retention_s`: 0 is never."""

    store: str = field(repr=False)
    accounts: tuple[AccountConfig, ...]
    completeness_s: int
    retention_s: int
    public_url: str | None


def load_schema() -> dict[str, Any]:
    """The schema of the configuration, which users may give to their editor."""
    schema: dict[str, Any] = json.loads((Path(__file__).parent / "collector.schema.json").read_text("utf-8"))
    return schema


def read_config(path: Path) -> CollectorConfig:
    """The configuration in a file; raises `ConfigurationError`."""
    return parse_config(read_object("config", str(path)), path.parent)


def parse_config(raw: object, folder: Path) -> CollectorConfig:
    """The configuration with its defaults; files of secrets are looked for in `folder`.

    Raises `ConfigurationError` with one sentence that names the field and quotes no value.
    """
    fields = require_valid(load_schema(), with_secrets(to_fields(raw), folder))
    minutes = int(fields["completeness_minutes"])
    if 0 < minutes < LEAST_COMPLETENESS_MINUTES:
        raise FieldError("completeness_minutes", f"must be from {LEAST_COMPLETENESS_MINUTES} to 1440, or 0 for never")
    accounts = [_account(account, f"accounts.{number}") for number, account in enumerate(fields["accounts"])]
    _refuse_twins([account.name for account in accounts])
    return CollectorConfig(
        store=fields["store"],
        accounts=tuple(accounts),
        completeness_s=minutes * _MINUTE_S,
        retention_s=int(fields["retention_days"]) * _DAY_S,
        public_url=_public_url(fields["public_url"]) if "public_url" in fields else None,
    )


def _account(fields: Mapping[str, Any], place: str) -> AccountConfig:
    passwords = fields["webhook_password"]
    start = fields.get("start_date")
    return AccountConfig(
        name=fields["name"],
        api_key=require_key(f"{place}.api_key", fields["api_key"], "Mailjet"),
        api_key_secret=require_key(f"{place}.api_key_secret", fields["api_key_secret"], "Mailjet"),
        api_url=require_origin(f"{place}.api_url", fields["api_url"]),
        unsubscribe_event_name=fields["unsubscribe_event_name"],
        engagement_days=int(fields["engagement_days"]),
        max_requests_per_second=float(fields["max_requests_per_second"]),
        webhook_passwords=(passwords,) if isinstance(passwords, str) else tuple(passwords),
        user_id=_user_id(fields["user_id"]),
        start=None if start is None else max(0, unix_seconds(_instant(f"{place}.start_date", start))),
        segment=_segment(fields["segment"], f"{place}.segment") if "segment" in fields else None,
    )


def _user_id(form: Mapping[str, Any]) -> UserIdRule:
    path = tuple(form["path"].split(".")) if "path" in form else ()
    return UserIdRule(form["from"], form.get("property", "userId").strip(), path)


def _segment(fields: Mapping[str, Any], place: str) -> SegmentConfig:
    region, since = fields["region"], fields.get("forward_from")
    origin = ORIGIN_BY_LOCATION.get(region["location"])
    return SegmentConfig(
        write_key=require_key(f"{place}.write_key", fields["write_key"], "Segment"),
        api_url=origin or require_origin(f"{place}.region.api_url", region["api_url"]),
        forward_from=None if since is None else _instant(f"{place}.forward_from", since),
    )


def _instant(path: str, text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise FieldError(path, f"must be a date that exists, like {A_DATE}") from None


def _public_url(text: str) -> str:
    """An origin with a path, without the slash at its end."""
    path = urlsplit(text).path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise FieldError("public_url", "must have a path of letters, digits, '.', '_', '~' and '-' only")
    return require_origin("public_url", text.rstrip("/").removesuffix(path)) + path


def _refuse_twins(names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise FieldError(f"accounts.{number}.name", "is the name of another account too: change it")
