# ruff: noqa: RUF001 - letters that look like others are what is tested
"""Every field of the configuration wrong in every way people get it wrong: one sentence, the same from all commands."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalog, FailureType, Status

from mailjet_sandbox.sandbox import Sandbox
from program.failure import ConfigurationError
from segment_events.instants import format_instant
from source_mailjet_segment.config import load_schema, parse_config
from source_mailjet_segment.source import SourceMailjetSegment
from source_mailjet_segment.trace import TracedFailure

LOGGER = logging.getLogger("airbyte")
NAN, INFINITY = float("nan"), float("inf")
ABSENT = object()
RIGHT = {"api_key": "abcdef0123456789", "api_key_secret": "9876543210fedcba", "start_date": "2026-01-01T00:00:00Z"}

NO_TEXT: list[Any] = [7, 1.5, True, [], ["x"], {}, {"x": "y"}, NAN]
NO_NUMBER: list[Any] = ["", " ", "2", " 2", "two", "２", True, False, [], [2], {}, {"x": 2}, NAN]
NO_INTEGER: list[Any] = [*NO_NUMBER, 1.5, INFINITY, -INFINITY, 1e-300, -(10**400), 10**400, -1]
NO_KEY: list[Any] = [
    *NO_TEXT,
    *("", " ", "\t", "9876543210fedcba ", " 9876543210fedcba", "9876543210fedcba\n", "98765432 10fedcba"),
    *("9876543210:fedcba", "9876543210fedcbа", "9876543210fedcba\u200b", "９876543210fedcba", "9876543210fedcba\x00"),
]
NO_DATE: list[Any] = [
    *NO_TEXT,
    *("", "yesterday", "2026-01-01", "01/02/2026", "2026-01-01 00:00:00", "2026-01-01T00:00:00", "20260101T000000Z"),
    *(
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00+01:00",
        "2026-01-01t00:00:00z",
        "1767225600",
    ),
    *(" 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00Z\n", "26-01-01T00:00:00Z"),
    *("2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-32T00:00:00Z", "0000-01-01T00:00:00Z"),
    *("2026-01-01T24:00:00Z", "2026-01-01T23:60:00Z", "2026-01-01T23:59:60Z", "12026-01-01T00:00:00Z"),
    *("２０２６-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z", "2026−01−01T00:00:00Z", "2026-O1-01T00:00:00Z"),
    1_767_225_600,
]
NO_ORIGIN: list[Any] = [
    *NO_TEXT,
    *("", " ", "api.mailjet.com", "https://", "https:///", "https:/api.mailjet.com", "HTTPS://API.MAILJET.COM"),
    *(
        " https://api.mailjet.com",
        "https://api.mailjet.com ",
        "https://api.mailjet.com\n",
        "https://api.mailjet.com/\n",
    ),
    *("https://api.mailjet.com//", "https://api.mailjet.com/v3", "https://api.mailjet.com/v3/REST/"),
    *(
        "https://api.mailjet.com?a=b",
        "https://api.mailjet.com#a",
        "https://user:pw@api.mailjet.com",
        "ftp://api.mailjet.com",
    ),
    *(
        "https://api.mailjet.com:port",
        "https://api.mailjet.com:",
        "https://api.mailjet.com:0",
        "https://api.mailjet.com:65536",
    ),
    *(
        "https://:443",
        "https://.",
        "https://a..b",
        "https://.a",
        "https://*",
        "https://[::1",
        "https://[x]",
        "https://a b",
    ),
    *(
        "https://аpi.mailjet.com",
        "https://api.mailjet.com．",
        "https://api。mailjet.com",
        "https://api.mailjet.com\u200b",
    ),
    *("https://evil.example\\.mailjet.com", "https://api.mailjet.com\\", "https://api.mailjet.com%00", "file:///etc"),
    *(
        "http://api.mailjet.com",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.1",
    ),
    *(
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://localhost.",
        "http://localhost.example.com",
        "http://host.docker.internal.example.com",
        "http://docker.internal",
        "http://128.0.0.1",
    ),
    *("http://127.0.0.1.example.com", "http://ⅼocalhost"),
]
NO_FORM: list[Any] = ["none", "contact_property", 7, 1.5, True, [], ["none"]]
NO_FORM_FROM: list[Any] = [
    *({}, {"property": "userId"}, {"option": "none"}),
    *({"from": word} for word in (None, "", "NONE", " none", "none ", "nonе", "email", 7, True, ["none"], {"x": 1})),
]
NO_WAY: list[Any] = [{}, *({"via": word} for word in (None, "", "REST", "webhook", 7, True, ["rest"], {"x": 1}))]
NO_COLLECTOR: list[Any] = [
    ABSENT,
    *NO_TEXT,
    *(
        "",
        "c.example.com/events/main",
        "https://c.example.com",
        "https://c.example.com/events/",
        "http://c.example/events/m",
    ),
    *("https://c.example.com/events/main\n", "https://c.example.com/events/Main", "https://c.example.com/events/m?a=1"),
    *("https://user:pw@c.example.com/events/main", "https://c.example.com/events/" + "m" * 41, "https:///events/main"),
]
NO_PROPERTY: list[Any] = ["", " ", "\t\n", 7, 1.5, True, [], ["userId"], {}, {"x": 1}]

REFUSED: dict[str, list[Any]] = {
    "api_key": [ABSENT, None, *NO_KEY],
    "api_key_secret": [ABSENT, None, *NO_KEY],
    "start_date": [ABSENT, None, *NO_DATE],
    "end_date": [*NO_DATE, "2026-01-01T00:00:00Z", "1969-12-31T23:59:59Z"],
    "api_url": NO_ORIGIN,
    "user_id": NO_FORM,
    "user_id.from": NO_FORM_FROM,
    "user_id.property": [{"from": "contact_property", "property": name} for name in NO_PROPERTY],
    "engagement_days": [*NO_INTEGER, 0, 91],
    "lookback_minutes": [*NO_INTEGER, 1441],
    "num_workers": [*NO_INTEGER, 0, 33],
    "max_requests_per_second": [*NO_NUMBER, 0, -1, 0.0005, 1e-300, 10_001, INFINITY, -INFINITY, 10**400, -(10**400)],
    "events_from": ["rest", "collector", 7, 1.5, True, [], ["rest"]],
    "events_from.via": NO_WAY,
    "events_from.url": [
        {"via": "collector", **({} if address is ABSENT else {"url": address})} for address in NO_COLLECTOR
    ],
    "unsubscribe_event_name": [*NO_TEXT, *("", "unsubscribed", "EMAIL UNSUBSCRIBED", " Unsubscribed", "Unsubѕcribed")],
}
"""By the field that the sentence must name, the values that it is said of."""

ACCEPTED: list[tuple[str, Any, str, object]] = [
    ("start_date", "1969-12-31T23:59:59Z", "start", 0),
    ("start_date", "0001-01-01T00:00:00Z", "start", 0),
    ("end_date", None, "end", None),
    ("end_date", "9999-12-31T23:59:59Z", "end", 253_402_300_799),
    ("api_url", None, "api_url", "https://api.mailjet.com"),
    ("api_url", "https://api.us.mailjet.com/", "api_url", "https://api.us.mailjet.com"),
    ("api_url", "https://API.mailjet.com", "api_url", "https://API.mailjet.com"),
    ("api_url", "https://proxy_1.example:8443/", "api_url", "https://proxy_1.example:8443"),
    ("api_url", "http://LOCALHOST:8080/", "api_url", "http://LOCALHOST:8080"),
    ("api_url", "http://127.255.0.1", "api_url", "http://127.255.0.1"),
    ("api_url", "http://[::1]:80", "api_url", "http://[::1]:80"),
    ("api_url", "http://host.docker.internal:8080", "api_url", "http://host.docker.internal:8080"),
    ("user_id", None, "user_id_from", "contact_property"),
    ("user_id", {"from": "contact_property"}, "user_id_property", "userId"),
    ("user_id", {"from": "contact_property", "property": None}, "user_id_property", "userId"),
    ("user_id", {"from": "contact_property", "property": " uid "}, "user_id_property", "uid"),
    ("user_id", {"from": "custom_id", "property": 7}, "user_id_from", "custom_id"),
    ("user_id", {"from": "none", "x": None}, "user_id_from", "none"),
    ("user_id", {"from": "address"}, "user_id_from", "address"),
    *(("engagement_days", given, "engagement_days", days) for given, days in ((None, 30), (1, 1), (90, 90), (7.0, 7))),
    *(("lookback_minutes", given, "lookback_s", s) for given, s in ((None, 3600), (0, 0), (1440, 86_400), (2.0, 120))),
    *(("num_workers", given, "num_workers", workers) for given, workers in ((None, 8), (1, 1), (32, 32), (2.0, 2))),
    *(("max_requests_per_second", given, "max_requests_per_second", given) for given in (0.001, 0.5, 7, 10_000)),
    ("max_requests_per_second", None, "max_requests_per_second", 10),
    ("unsubscribe_event_name", None, "unsubscribe_event_name", "Email Unsubscribed"),
    ("nobody_knows_this", "x", "num_workers", 8),
]
"""A field, a value that a reasonable user expects to work, and what becomes of it."""


def cases() -> Iterator[Any]:
    for field, values in REFUSED.items():
        for number, value in enumerate(values):
            yield pytest.param(field, value, id=f"{field}-{number}")


def configure(field: str, value: Any) -> dict[str, Any]:
    config = {**RIGHT, field.partition(".")[0]: value}
    return {name: given for name, given in config.items() if given is not ABSENT}


def require_sentence(sentence: str, field: str) -> None:
    """One sentence that names the field, on one line, without what was given."""
    assert f"'{field}'" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ". " not in sentence
    assert len(sentence) < 250
    assert not [secret for secret in ("9876543210fedcba", "98765432", "evil.example", "user:pw") if secret in sentence]


@pytest.mark.parametrize("field, value", cases())
def test_what_is_wrong_gets_one_sentence_that_names_the_field_from_check_and_read(field: str, value: Any) -> None:
    config = configure(field, value)
    with pytest.raises(ConfigurationError) as wrong:
        parse_config(config)
    sentence = str(wrong.value)
    require_sentence(sentence, field)
    source = SourceMailjetSegment()
    status = source.check(LOGGER, config)
    assert (status.status, status.message) == (Status.FAILED, sentence)
    with pytest.raises(TracedFailure) as refused:
        list(source.read(LOGGER, config, ConfiguredAirbyteCatalog(streams=[]), []))
    assert (refused.value.message, refused.value.failure_type) == (sentence, FailureType.config_error)


@pytest.mark.parametrize("field, value, attribute, meant", ACCEPTED)
def test_what_a_user_may_expect_to_work_does(field: str, value: Any, attribute: str, meant: object) -> None:
    assert getattr(parse_config(configure(field, value)), attribute) == meant


@pytest.mark.parametrize("config", [None, 7, "text", True, [], [RIGHT]])
def test_what_is_no_configuration_at_all_is_said_to_be_none(config: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a JSON object"):
        parse_config(config)


@pytest.mark.parametrize("config", [{"write_key": "k"}, {"write_key": "k", "api_key": None, "region": {}}])
def test_the_configuration_of_the_destination_is_named_as_such(config: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_config(config)
    rest = "the configuration of the destination (it has 'write_key' and no 'api_key'): give the source its own."
    assert str(raised.value) == f"This is {rest}"


@pytest.mark.parametrize(
    "fields, path, meant",
    [
        ({"engagment_days": 7}, "engagment_days", "engagement_days"),
        ({"enddate": "2026-02-01T00:00:00Z"}, "enddate", "end_date"),
        ({"user_id": {"From": "none"}}, "user_id.From", "from"),
        ({"user_id": {"from": "contact_property", "proprety": "crm"}}, "user_id.proprety", "property"),
    ],
)
def test_a_misspelt_field_is_refused_for_what_it_means_would_be_left_out(fields: Any, path: str, meant: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_config({**RIGHT, **fields})
    sentence = f"Field '{path}' of the configuration is not known: call it '{meant}' if that is meant, or leave it out."
    assert str(raised.value) == sentence


def test_an_unknown_field_is_said_to_have_no_effect(log_lines: list[str]) -> None:
    config = {**RIGHT, "batch": 7, "_airbyte": 1}
    list(SourceMailjetSegment().read(LOGGER, config, ConfiguredAirbyteCatalog(streams=[]), []))
    with Sandbox(messages=20) as sandbox:
        account = {"api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret, "api_url": sandbox.mailjet_url}
        start = {"start_date": format_instant(sandbox.start)}
        status = SourceMailjetSegment().check(LOGGER, {**config, **account, **start})
    assert status.status is Status.SUCCEEDED
    warnings = [line for line in log_lines if "not known" in line]
    assert warnings == ["Field 'batch' of the configuration is not known and has no effect: see the spec."] * 2


def test_every_field_of_the_spec_is_in_the_table() -> None:
    assert {field.partition(".")[0] for field in REFUSED} == set(load_schema()["properties"])
