"""Configuration: defaults, and one sentence naming the field for whatever is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from program.failure import ConfigurationError
from source_mailjet_segment.config import load_schema, parse_config

MINIMAL = {"api_key": "abcdef0123456789", "api_key_secret": "9876543210fedcba", "start_date": "2026-01-01T00:00:00Z"}


def test_what_is_not_given_has_the_defaults_of_the_contract() -> None:
    config = parse_config({**MINIMAL, "end_date": None, "user_id": None})
    assert (config.api_url, config.start, config.end) == ("https://api.mailjet.com", 1_767_225_600, None)
    assert (config.user_id_from, config.user_id_property) == ("contact_property", "userId")
    assert (config.engagement_days, config.lookback_s, config.num_workers) == (30, 3600, 8)
    assert (config.unsubscribe_event_name, config.max_requests_per_second) == ("Email Unsubscribed", 10.0)


def test_the_key_is_known_by_the_first_digits_of_its_sha256() -> None:
    # printf abc | sha256sum
    assert parse_config({**MINIMAL, "api_key": "abc"}).api_key_digest == "ba7816bf"


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"api_key": None}, "Field 'api_key' of the configuration is missing: set it"),
        ({"api_key": 7}, "Field 'api_key' of the configuration must be text"),
        ({"api_key": ""}, "Field 'api_key' of the configuration must not be empty"),
        (
            {"api_key_secret": " 9876543210fedcba"},
            "'api_key_secret' of the configuration must be the key as Mailjet shows it",
        ),
        ({"start_date": "2026-01-01"}, "'start_date' of the configuration must be a date like 2026-01-31T00:00:00Z"),
        ({"start_date": "2026-02-30T00:00:00Z"}, "'start_date' of the configuration must be a date that exists"),
        ({"start_date": "2026-01-01T00:00:00+01:00"}, "'start_date' of the configuration must be a date like"),
        ({"end_date": "2026-01-01T00:00:00Z"}, "'start_date' of the configuration must be before 'end_date'"),
        ({"api_url": "http://api.mailjet.com"}, "'api_url' of the configuration must begin with https://"),
        ({"api_url": "http://10.0.0.1"}, "'api_url' of the configuration must begin with https://"),
        ({"api_url": "https://api.mailjet.com/v3"}, "'api_url' of the configuration must be https://host"),
        ({"api_url": "https://user:pw@api.mailjet.com"}, "'api_url' of the configuration must be https://host"),
        (
            {"api_url": "https://api.mailjet.com:port"},
            "'api_url' of the configuration must be https://host or https://host:port, in plain",
        ),
        (
            {"user_id": {"from": "email"}},
            "'user_id.from' of the configuration must be one of contact_property, custom_id",
        ),
        (
            {"user_id": {"from": "contact_property", "property": ""}},
            "'user_id.property' of the configuration must be a name that is not empty",
        ),
        ({"engagement_days": 0}, "'engagement_days' of the configuration must be from 1 to 90"),
        ({"engagement_days": 91}, "'engagement_days' of the configuration must be from 1 to 90"),
        ({"engagement_days": "30"}, "'engagement_days' of the configuration must be a whole number"),
        ({"lookback_minutes": 1441}, "'lookback_minutes' of the configuration must be from 0 to 1440"),
        ({"num_workers": 33}, "'num_workers' of the configuration must be from 1 to 32"),
        (
            {"max_requests_per_second": 0},
            "'max_requests_per_second' of the configuration must be more than 0 and at most 10000",
        ),
        (
            {"unsubscribe_event_name": "Bye"},
            "'unsubscribe_event_name' of the configuration must be one of Email Unsubscribed",
        ),
    ],
)
def test_each_mistake_has_a_sentence_that_names_the_field_and_quotes_no_value(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        parse_config({**MINIMAL, **change})
    assert "9876543210fedcba" not in str(raised.value)
    assert "abcdef0123456789" not in str(raised.value)


def test_what_decides_which_account_and_which_ids_are_read_is_never_folded_away() -> None:
    fields = load_schema()["properties"]
    assert [name for name, rule in fields.items() if rule.get("always_show")] == ["api_url", "user_id"]
    assert all(form["title"] for form in fields["user_id"]["oneOf"])


@pytest.mark.parametrize("origin", ["http://localhost:80", "http://127.0.0.2:8080", "http://[::1]:1", "https://x.y/"])
def test_http_goes_to_this_machine_only_and_a_trailing_slash_does_not_matter(origin: str) -> None:
    assert parse_config({**MINIMAL, "api_url": origin}).api_url == origin.rstrip("/")
