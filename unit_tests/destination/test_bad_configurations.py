# ruff: noqa: RUF001 - letters that look like others are what is tested
"""Every field of the configuration wrong in every way people get it wrong: one sentence, the same from all commands."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalog, Status
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from destination_segment.config import load_schema, parse_config
from destination_segment.destination import DestinationSegment
from program.failure import ConfigurationError

LOGGER = logging.getLogger("airbyte")
NAN, INFINITY = float("nan"), float("inf")
ABSENT = object()
KEY = "write0key0of0tables"
MAPPED = {"shape": "mapped", "event_name": "{stream}", "timestamp": "at", "user_id": "who"}

NO_TEXT: list[Any] = [7, 1.5, True, [], ["x"], {}, {"x": "y"}, NAN]
NO_NUMBER: list[Any] = ["", " ", "2", " 2", "two", "２", True, False, [], [2], {}, {"x": 2}, NAN]
BEYOND: list[Any] = [INFINITY, -INFINITY, 1e-300, -1, 0, -(10**400), 10**400]
NO_KEY: list[Any] = [
    *NO_TEXT,
    *("", " ", "\t", f"{KEY} ", f" {KEY}", f"{KEY}\n", "write0key 0of0tables", "write0key:0of0tables"),
    *("write0kеy0of0tables", f"{KEY}\u200b", "ｗrite0key0of0tables", f"{KEY}\x00"),
]
NO_ORIGIN: list[Any] = [
    *NO_TEXT,
    *("", " ", "api.segment.io", "https://", "https:///", "https:/x.example", "HTTPS://X.EXAMPLE", "ftp://x.example"),
    *(" https://x.example", "https://x.example ", "https://x.example\n", "https://x.example/\n", "https://x.example//"),
    *("https://x.example/v1", "https://x.example/v1/batch", "https://x.example?a=b", "https://x.example#a"),
    *("https://user:pw@x.example", "https://x.example:port", "https://x.example:", "https://x.example:0"),
    *("https://x.example:65536", "https://:443", "https://.", "https://a..b", "https://.a", "https://*", "https://a b"),
    *("https://[::1", "https://[x]", "https://х.example", "https://x.example．", "https://x。example"),
    *("https://evil.example\\.segment.io", "https://x.example\\", "https://x.example%00", "https://x.example\u200b"),
    *(
        "http://api.segment.io",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.1",
    ),
    *("http://[::2]", "http://[::ffff:127.0.0.1]", "http://localhost.", "http://localhost.example.com"),
    *("http://128.0.0.1", "http://127.0.0.1.example.com", "http://ⅼocalhost"),
    *("http://host.docker.internal.example.com", "http://docker.internal", "http://host-docker.internal"),
]
NO_GROUP: list[Any] = ["us", "mapped", 7, 1.5, True, [], ["us"]]
NO_WORD: list[Any] = [None, "", " ", "US", "Mapped", " us", "us ", "uѕ", "moon", 7, True, ["us"], {"x": 1}, NAN]

REFUSED: dict[str, list[Any]] = {
    "write_key": [ABSENT, None, *NO_KEY],
    "region": NO_GROUP,
    "region.location": [{}, {"api_url": "https://x.example"}, *({"location": w} for w in NO_WORD)],
    "region.api_url": [{"location": "other"}, *({"location": "other", "api_url": url} for url in [None, *NO_ORIGIN])],
    "records": NO_GROUP,
    "records.shape": [{}, {**MAPPED, "shape": None}, *({**MAPPED, "shape": w} for w in NO_WORD)],
    "records.event_name": [{**MAPPED, "event_name": name} for name in (None, "", " ", *NO_TEXT)],
    "records.timestamp": [{**MAPPED, "timestamp": name} for name in (None, "", " ", *NO_TEXT)],
    "records.user_id": [{**MAPPED, "user_id": name} for name in (None, "", " ", *NO_TEXT)],
    "records.anonymous_id": [
        *({**MAPPED, "anonymous_id": name} for name in NO_TEXT),
        *({**MAPPED, "user_id": None, "anonymous_id": name} for name in (None, "", " ")),
    ],
    "records.message_id": [{**MAPPED, "message_id": names} for names in ("id", "", 7, 1.5, True, {}, {"x": "id"}, NAN)],
    "records.message_id.0": [{**MAPPED, "message_id": [name]} for name in (None, "", " ", *NO_TEXT)],
    "records.id_scope": [{**MAPPED, "id_scope": scope} for scope in NO_TEXT],
    "on_rejected": [*NO_TEXT, *("", "FAIL", "Skip", " skip", "skip ", "ѕkip", "ask")],
    "max_requests_per_second": [*NO_NUMBER, *BEYOND, 0.05, 1000.5],
    "num_workers": [*NO_NUMBER, *BEYOND, 1.5, 17],
}
"""By the field that the sentence must name, the values that it is said of."""

ACCEPTED: list[tuple[str, Any, str, object]] = [
    *(("region", region, "origin", "https://api.segment.io") for region in (None, {"location": "us"})),
    ("region", {"location": "us", "api_url": "of another form"}, "origin", "https://api.segment.io"),
    ("region", {"location": "eu", "x": None}, "origin", "https://events.eu1.segmentapis.com"),
    ("region", {"location": "other", "api_url": "https://X.example/"}, "origin", "https://X.example"),
    ("region", {"location": "other", "api_url": "https://x_1.example:8443/"}, "origin", "https://x_1.example:8443"),
    ("region", {"location": "other", "api_url": "http://LOCALHOST:1"}, "origin", "http://LOCALHOST:1"),
    ("region", {"location": "other", "api_url": "http://[::1]:80"}, "origin", "http://[::1]:80"),
    (
        "region",
        {"location": "other", "api_url": "http://Host.Docker.Internal"},
        "origin",
        "http://Host.Docker.Internal",
    ),
    ("records", None, "records", None),
    ("records", {"shape": "segment_rows", "user_id": 7}, "records", None),
    *(
        ("on_rejected", given, "skip_rejected", skips)
        for given, skips in ((None, False), ("fail", False), ("skip", True))
    ),
    *(("max_requests_per_second", given, "max_requests_per_second", given) for given in (0.1, 7, 1000)),
    *(("num_workers", given, "num_workers", workers) for given, workers in ((None, 4), (1, 1), (16, 16), (2.0, 2))),
    ("nobody_knows_this", "x", "num_workers", 4),
]
"""A field, a value that a reasonable user expects to work, and what becomes of it."""


def cases() -> Iterator[Any]:
    for field, values in REFUSED.items():
        for number, value in enumerate(values):
            yield pytest.param(field, value, id=f"{field}-{number}")


def configure(field: str, value: Any) -> dict[str, Any]:
    config = {"write_key": KEY, field.partition(".")[0]: value}
    return {name: given for name, given in config.items() if given is not ABSENT}


def require_sentence(sentence: str, field: str) -> None:
    """One sentence that names the field, on one line, without what was given."""
    assert f"'{field}'" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ". " not in sentence
    assert len(sentence) < 250
    assert not [secret for secret in (KEY, "write0k", "evil.example", "user:pw") if secret in sentence]


@pytest.mark.parametrize("field, value", cases())
def test_what_is_wrong_gets_one_sentence_that_names_the_field_from_check_and_write(field: str, value: Any) -> None:
    config = configure(field, value)
    with pytest.raises(ConfigurationError) as raised:
        parse_config(config)
    sentence = str(raised.value)
    require_sentence(sentence, field)
    destination = DestinationSegment()
    status = destination.check(LOGGER, config)
    assert (status.status, status.message) == (Status.FAILED, sentence)
    with pytest.raises(AirbyteTracedException) as failed:
        list(destination.write(config, ConfiguredAirbyteCatalog(streams=[]), []))
    assert failed.value.message == sentence


@pytest.mark.parametrize("field, value, attribute, meant", ACCEPTED)
def test_what_a_user_may_expect_to_work_does(field: str, value: Any, attribute: str, meant: object) -> None:
    assert getattr(parse_config(configure(field, value)), attribute) == meant


@pytest.mark.parametrize("config", [None, 7, "text", True, [], [KEY]])
def test_what_is_no_configuration_at_all_is_said_to_be_none(config: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a JSON object"):
        parse_config(config)


def test_the_configuration_of_a_source_is_named_as_such() -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_config({"api_key": "a", "api_key_secret": "b", "start_date": "2026-01-01T00:00:00Z", "write_key": None})
    rest = "the configuration of a source (it has 'api_key' and no 'write_key'): give the destination its own."
    assert str(raised.value) == f"This is {rest}"


@pytest.mark.parametrize(
    "fields, path, meant",
    [
        ({"regoin": {"location": "eu"}}, "regoin", "region"),
        ({"on_reject": "skip"}, "on_reject", "on_rejected"),
        ({"region": {"Location": "eu"}}, "region.Location", "location"),
        ({"region": {"location": "eu", "locations": "eu"}}, "region.locations", "location"),
        ({"records": {**MAPPED, "messageid": ["id"]}}, "records.messageid", "message_id"),
    ],
)
def test_a_misspelt_field_is_refused_for_what_it_means_would_be_left_out(fields: Any, path: str, meant: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_config({"write_key": KEY, **fields})
    assert str(raised.value) == (
        f"Field '{path}' of the configuration is not known: call it '{meant}' if that is meant, or leave it out."
    )


def test_an_unknown_field_is_said_to_have_no_effect(log_lines: list[str]) -> None:
    config = {"write_key": KEY, "batch": 7, "_airbyte": 1}
    list(DestinationSegment().write(config, ConfiguredAirbyteCatalog(streams=[]), []))
    DestinationSegment().check(LOGGER, {**config, "region": {"location": "other", "api_url": "http://127.0.0.1:9"}})
    warnings = [line for line in log_lines if "not known" in line]
    assert warnings == ["Field 'batch' of the configuration is not known and has no effect: see the spec."] * 2


def test_every_field_of_the_spec_is_in_the_table() -> None:
    schema = load_schema()["properties"]
    fields = set(schema)
    for name, rule in schema.items():
        fields |= {f"{name}.{inner}" for form in rule.get("oneOf", ()) for inner in form["properties"]}
    assert fields <= set(REFUSED)
