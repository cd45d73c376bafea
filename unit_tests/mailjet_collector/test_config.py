"""The collector's configuration: every field, and a sentence for each mistake."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from mailjet_collector.config import AccountConfig, SegmentConfig, UserIdRule, parse_config
from program.failure import ConfigurationError

ACCOUNT: dict[str, Any] = {
    "name": "acme",
    "api_key": "0123456789abcdef",
    "api_key_secret": "fedcba9876543210",
    "webhook_password": "a-password.of_16~",
}


def parse(account: dict[str, Any] | None = None, **fields: Any) -> Any:
    return parse_config({"accounts": [ACCOUNT | (account or {})], **fields}, Path())


def sentence(account: dict[str, Any] | None = None, **fields: Any) -> str:
    """The sentence of the error, shorter: `<field> must be ...`."""
    with pytest.raises(ConfigurationError) as raised:
        parse(account, **fields)
    return re.sub("^Field '(.*)' of the configuration ", r"\1 ", str(raised.value))


def test_defaults() -> None:
    config = parse()
    assert (config.store, config.completeness_s, config.retention_s) == ("sqlite:///mailjet-events.db", 3600, 0)
    assert config.public_url is None
    assert config.accounts == (
        AccountConfig(
            name="acme",
            api_key="0123456789abcdef",
            api_key_secret="fedcba9876543210",
            api_url="https://api.mailjet.com",
            unsubscribe_event_name="Email Unsubscribed",
            engagement_days=30,
            max_requests_per_second=10,
            webhook_passwords=("a-password.of_16~",),
            user_id=UserIdRule("contact_property", "userId", ()),
            start=None,
            segment=None,
        ),
    )


def test_every_field() -> None:
    account = {
        "api_url": "http://localhost:8000/",
        "unsubscribe_event_name": "Unsubscribed",
        "engagement_days": 7,
        "max_requests_per_second": 2.5,
        "webhook_password": ["the-newer-password", "the-older-password"],
        "user_id": {"from": "event_payload", "path": "user.id"},
        "start_date": "2026-01-31T00:00:00Z",
        "segment": {
            "write_key": "a-write-key",
            "region": {"location": "other", "api_url": "http://127.0.0.1:9"},
            "forward_from": "2026-01-31T01:00:00+01:00",
        },
    }
    config = parse(
        account,
        store="postgresql://db/events",
        completeness_minutes=0,
        retention_days=2,
        public_url="https://events.example.com/mail/",
    )
    assert (config.store, config.completeness_s, config.retention_s) == ("postgresql://db/events", 0, 172_800)
    assert config.public_url == "https://events.example.com/mail"
    (read,) = config.accounts
    assert read.webhook_passwords == ("the-newer-password", "the-older-password")
    assert read.user_id == UserIdRule("event_payload", "userId", ("user", "id"))
    assert read.start == 1_769_817_600
    midnight = datetime(2026, 1, 31, tzinfo=timezone.utc)
    assert read.segment == SegmentConfig("a-write-key", "http://127.0.0.1:9", midnight)
    assert (read.api_url, read.engagement_days, read.max_requests_per_second) == ("http://localhost:8000", 7, 2.5)


def test_the_region_eu_is_segments_address_there() -> None:
    (account,) = parse({"segment": {"write_key": "k", "region": {"location": "eu"}}}).accounts
    assert account.segment.api_url == "https://events.eu1.segmentapis.com"


def test_no_secret_is_in_what_a_configuration_shows() -> None:
    shown = repr(parse({"segment": {"write_key": "a-write-key"}}, store="postgresql://u:secret@db/events"))
    for secret in (
        ACCOUNT["api_key"],
        ACCOUNT["api_key_secret"],
        ACCOUNT["webhook_password"],
        "a-write-key",
        "secret@",
    ):
        assert secret not in shown


@pytest.mark.parametrize(
    "account, expected",
    [
        (
            {"api_kay": 1},
            "accounts.0.api_kay is not known: call it 'api_key' if that is meant, or leave it out.",
        ),
        ({"name": "Acme"}, "accounts.0.name must be 1 to 40 of a-z, 0-9 and -."),
        ({"name": "acme\n"}, "accounts.0.name must be 1 to 40 of a-z, 0-9 and -."),
        (
            {"api_key": "a:b"},
            "accounts.0.api_key must be the key as Mailjet shows it, without spaces, colons or line breaks.",
        ),
        (
            {"webhook_password": "short"},
            "accounts.0.webhook_password must be 16 to 128 of A-Z, a-z, 0-9, '.', '_', '~' and '-'.",
        ),
        ({"webhook_password": 5}, "accounts.0.webhook_password must be text or a list."),
        ({"webhook_password": []}, "accounts.0.webhook_password must have 1 to 2 entries."),
        (
            {"webhook_password": ["a" * 16] * 3},
            "accounts.0.webhook_password must have 1 to 2 entries.",
        ),
        (
            {"webhook_password": ["a" * 16, "b" * 129]},
            "accounts.0.webhook_password.1 must be 16 to 128 of A-Z, a-z, 0-9, '.', '_', '~' and '-'.",
        ),
        (
            {"user_id": {"from": "thin air"}},
            "accounts.0.user_id.from must be one of contact_property, custom_id, address, none, event_payload.",
        ),
        (
            {"user_id": {"from": "event_payload"}},
            "accounts.0.user_id.path is missing: set it.",
        ),
        (
            {"user_id": {"from": "event_payload", "path": "user..id"}},
            "accounts.0.user_id.path must be names with dots between them, as user.id.",
        ),
        (
            {"user_id": {"from": "none", "path": "a"}},
            "accounts.0.user_id.path is not known: leave it out.",
        ),
        (
            {"start_date": "2026-01-31"},
            "accounts.0.start_date must be a date like 2026-01-31T00:00:00Z.",
        ),
        (
            {"start_date": "2026-02-31T00:00:00Z"},
            "accounts.0.start_date must be a date that exists, like 2026-01-31T00:00:00Z.",
        ),
        ({"segment": {}}, "accounts.0.segment.write_key is missing: set it."),
        (
            {"segment": {"write_key": "k", "region": {"location": "mars"}}},
            "accounts.0.segment.region.location must be one of us, eu, other.",
        ),
        (
            {"segment": {"write_key": "k", "forward_from": "now"}},
            "accounts.0.segment.forward_from must be a date that exists, like 2026-01-31T00:00:00Z.",
        ),
        ({"engagement_days": 91}, "accounts.0.engagement_days must be from 1 to 90."),
        (
            {"max_requests_per_second": 0},
            "accounts.0.max_requests_per_second must be from 0.001 to 10000.",
        ),
        (
            {"api_url": "http://api.mailjet.com"},
            "accounts.0.api_url must begin with https://; plain http is for localhost, 127.0.0.0/8, ::1 and "
            "host.docker.internal.",
        ),
    ],
)
def test_a_mistake_in_an_account_is_named(account: dict[str, Any], expected: str) -> None:
    assert sentence(account) == expected


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"accounts": []}, "accounts must not be empty."),
        ({"accounts": {}}, "accounts must be a list."),
        (
            {"accounts": [ACCOUNT, ACCOUNT]},
            "accounts.1.name is the name of another account too: change it.",
        ),
        (
            {"completeness_minutes": 4},
            "completeness_minutes must be from 5 to 1440, or 0 for never.",
        ),
        ({"completeness_minutes": 1441}, "completeness_minutes must be from 0 to 1440."),
        ({"retention_days": -1}, "retention_days must be from 0 to 36500."),
        (
            {"public_url": "http://events.example.com"},
            "public_url must begin with https://; plain http is for localhost, 127.0.0.0/8, ::1 and "
            "host.docker.internal.",
        ),
        (
            {"public_url": "https://events.example.com/a%2Fb"},
            "public_url must have a path of letters, digits, '.', '_', '~' and '-' only.",
        ),
        (
            {"public_url": "https://user@host"},
            "public_url must be https://host, with a path if need be.",
        ),
    ],
)
def test_a_mistake_beside_the_accounts_is_named(fields: dict[str, Any], expected: str) -> None:
    assert sentence(**fields) == expected


def test_a_text_may_come_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAILJET_KEY", "key-of-the-environment")
    (tmp_path / "password").write_text("password-of-a-file\n")
    given = ACCOUNT | {"api_key": {"env": "MAILJET_KEY"}, "webhook_password": [{"file": "password"}]}
    (account,) = parse_config({"accounts": [given], "store": {"env": "MAILJET_KEY"}}, tmp_path).accounts
    assert account.api_key == "key-of-the-environment"
    assert account.webhook_passwords == ("password-of-a-file",)
