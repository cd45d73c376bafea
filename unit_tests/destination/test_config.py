"""The configuration: every field has a default or a sentence, and no sentence repeats a value."""

from __future__ import annotations

from typing import Any

import pytest

from destination_segment.config import MappedRecords, load_schema, parse_config
from program.failure import ConfigurationError

MAPPED = {"shape": "mapped", "event_name": "{stream}", "timestamp": "at", "user_id": "who"}


def test_a_write_key_is_all_that_is_needed() -> None:
    config = parse_config({"write_key": "secret-key-1"})
    assert (config.origin, config.records, config.skip_rejected) == ("https://api.segment.io", None, False)
    assert (config.max_requests_per_second, config.num_workers) == (50.0, 4)
    assert "secret-key-1" not in repr(config)


def test_each_location_has_its_origin() -> None:
    assert parse_config({"write_key": "k", "region": {"location": "eu"}}).origin == "https://events.eu1.segmentapis.com"
    other = {"location": "other", "api_url": "http://127.0.0.1:8080/"}
    assert parse_config({"write_key": "k", "region": other}).origin == "http://127.0.0.1:8080"


def test_mapped_records_name_their_columns() -> None:
    records = {**MAPPED, "anonymous_id": "", "message_id": ["a", "b"]}
    assert parse_config({"write_key": "k", "records": records}).records == MappedRecords(
        event_name="{stream}", timestamp="at", user_id="who", anonymous_id=None, message_id=("a", "b")
    )
    scoped = parse_config({"write_key": "k", "records": {**MAPPED, "id_scope": "shop"}}).records
    assert scoped is not None
    assert scoped.id_scope == "shop"


def test_null_is_as_good_as_absent() -> None:
    nulls = {"region": None, "on_rejected": None, "num_workers": None, "records": {**MAPPED, "message_id": None}}
    config = parse_config({"write_key": "k", **nulls})
    assert config.num_workers == 4
    assert config.records is not None
    assert config.records.message_id == ()


@pytest.mark.parametrize(
    ("change", "field", "what"),
    [
        ({"write_key": None}, "write_key", "is missing: set it"),
        ({"write_key": ""}, "write_key", "must not be empty"),
        ({"write_key": "two words"}, "write_key", "must be the key as Segment shows it, without spaces"),
        (
            {"write_key": "key\n"},
            "write_key",
            "must be the key as Segment shows it, without spaces, colons or line breaks",
        ),
        ({"write_key": 7}, "write_key", "must be text"),
        ({"region": "us"}, "region", 'must be a group of fields, such as {"location": "us"}'),
        ({"region": {}}, "region.location", "must be one of us, eu, other"),
        ({"region": {"location": ["us"]}}, "region.location", "must be one of us, eu, other"),
        ({"region": {"location": "other"}}, "region.api_url", "is missing: set it"),
        ({"records": {"shape": "rows"}}, "records.shape", "must be one of segment_rows, mapped"),
        ({"records": {**MAPPED, "event_name": " "}}, "records.event_name", "must be a name that is not empty"),
        ({"records": {**MAPPED, "timestamp": None}}, "records.timestamp", "is missing: set it"),
        ({"records": {**MAPPED, "message_id": "id"}}, "records.message_id", "must be a list"),
        ({"records": {**MAPPED, "message_id": [""]}}, "records.message_id.0", "must not be empty"),
        (
            {"records": {**MAPPED, "user_id": ""}},
            "records.user_id",
            "must be the name of the column that says who did it, if 'records.anonymous_id' is not set",
        ),
        ({"on_rejected": "ask"}, "on_rejected", "must be one of fail, skip"),
        ({"max_requests_per_second": 0}, "max_requests_per_second", "must be from 0.1 to 1000"),
        ({"max_requests_per_second": 1001}, "max_requests_per_second", "must be from 0.1 to 1000"),
        ({"max_requests_per_second": "9"}, "max_requests_per_second", "must be a number"),
        ({"num_workers": 17}, "num_workers", "must be from 1 to 16"),
        ({"num_workers": 1.5}, "num_workers", "must be a whole number"),
        ({"num_workers": True}, "num_workers", "must be a whole number"),
    ],
)
def test_a_field_that_cannot_be_gets_one_sentence(change: dict[str, Any], field: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_config({"write_key": "k", **change})
    assert str(raised.value) == f"Field '{field}' of the configuration {what}."


@pytest.mark.parametrize(
    "text",
    [
        "api.segment.io",
        "ftp://api.segment.io",
        "https://api.segment.io/v1",
        "https://api.segment.io?x=1",
        "https://user@api.segment.io",
        "https://api.segment.io\n",
        "https://api.segment.io:99999",
        "https://[::1",
        "https://:443",
        "http://api.segment.io",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://[::2]",
    ],
)
def test_a_write_key_goes_to_no_other_kind_of_origin(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^Field 'region\.api_url' of the configuration .*\.$"):
        parse_config({"write_key": "k", "region": {"location": "other", "api_url": text}})


def test_what_decides_where_events_go_and_as_what_is_never_folded_away() -> None:
    fields = load_schema()["properties"]
    assert [name for name, rule in fields.items() if rule.get("always_show")] == ["region", "records"]
    for rule in fields.values():
        assert all(form["title"] for form in rule.get("oneOf", ()))


def test_every_pattern_is_explained_and_every_order_is_its_own() -> None:
    def check(rules: dict[str, Any]) -> None:
        orders = [rule["order"] for rule in rules["properties"].values()]
        assert len(set(orders)) == len(orders)
        for rule in rules["properties"].values():
            assert ("pattern" in rule) == ("pattern_descriptor" in rule)
            for option in rule.get("oneOf", ()):
                check(option)

    check(load_schema())
