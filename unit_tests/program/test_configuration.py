"""A schema with lists, choices and strict groups as judge: a sentence for each mistake, defaults for what is absent."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from program.configuration import require_valid, to_fields, warn_of_unknown_fields
from program.failure import ConfigurationError, FieldError

SECRET = "9876543210fedcba"

FORMS = [
    {"required": ["via"], "properties": {"via": {"type": "string", "const": "rest"}}},
    {
        "required": ["via", "url"],
        "additionalProperties": False,
        "properties": {
            "via": {"type": "string", "const": "collector"},
            "url": {"type": "string", "maxLength": 9},
            "tries": {"type": "integer", "minimum": 1, "default": 3},
        },
    },
]

ACCOUNT = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "pattern_descriptor": "a word in small letters"},
        "password": {
            "type": ["string", "array"],
            "minLength": 1,
            "items": {"type": "string"},
            "minItems": 2,
            "maxItems": 3,
        },
        "since": {"type": "string", "format": "date-time", "pattern": "Z$"},
        "events_from": {"type": "object", "default": {"via": "rest"}, "oneOf": FORMS},
    },
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["accounts"],
    "properties": {
        "accounts": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/account"}},
        "rate": {"type": "number", "exclusiveMinimum": 0, "default": 10},
        "share": {"type": "number", "minimum": 0.5},
        "days": {"type": "integer", "minimum": 0, "maximum": 90},
        "loud": {"type": "boolean"},
    },
    "definitions": {"account": ACCOUNT},
}

COLLECTOR = {"via": "collector", "url": "u"}


def account(**fields: Any) -> dict[str, Any]:
    return {"accounts": [{"name": "first"}, {"name": "second", **fields}]}


@pytest.mark.parametrize(
    "given, path, what",
    [
        ({}, "accounts", "is missing: set it"),
        ({"accounts": None}, "accounts", "is missing: set it"),
        ({"accounts": []}, "accounts", "must not be empty"),
        ({"accounts": SECRET}, "accounts", "must be a list"),
        ({"accounts": [SECRET]}, "accounts.0", "must be a group of fields"),
        ({"accounts": [{}]}, "accounts.0.name", "is missing: set it"),
        ({"accounts": [{"name": None}]}, "accounts.0.name", "is missing: set it"),
        (account(name=SECRET), "accounts.1.name", "must be a word in small letters"),
        (account(password=7), "accounts.1.password", "must be text or a list"),
        (account(password=[SECRET]), "accounts.1.password", "must have 2 to 3 entries"),
        (account(password=[SECRET] * 4), "accounts.1.password", "must have 2 to 3 entries"),
        (account(password=[SECRET, None]), "accounts.1.password.1", "must be text"),
        (account(since=SECRET), "accounts.1.since", "must be a date like 2026-01-31T00:00:00Z"),
        (account(events_from=SECRET), "accounts.1.events_from", 'must be a group of fields, such as {"via": "rest"}'),
        (account(events_from={}), "accounts.1.events_from.via", "must be one of rest, collector"),
        (account(events_from={"via": [SECRET]}), "accounts.1.events_from.via", "must be one of rest, collector"),
        (account(events_from={"via": "collector"}), "accounts.1.events_from.url", "is missing: set it"),
        (
            account(events_from={**COLLECTOR, "url": SECRET}),
            "accounts.1.events_from.url",
            "must have at most 9 characters",
        ),
        (account(events_from={**COLLECTOR, "tries": 0}), "accounts.1.events_from.tries", "must be at least 1"),
        (account(events_from={**COLLECTOR, "x": SECRET}), "accounts.1.events_from.x", "is not known: leave it out"),
        (account(comment=SECRET), "accounts.1.comment", "is not known: leave it out"),
        (account(_comment=SECRET), "accounts.1._comment", "is not known: leave it out"),
        (account(Name=SECRET), "accounts.1.Name", "is not known: call it 'name' if that is meant, or leave it out"),
        ({**account(), "rate": 0}, "rate", "must be more than 0"),
        ({**account(), "rate": float("nan")}, "rate", "must be a number"),
        ({**account(), "rate": float("inf")}, "rate", "must be a number"),
        ({**account(), "share": 0}, "share", "must be at least 0.5"),
        ({**account(), "days": -1}, "days", "must be from 0 to 90"),
        ({**account(), "days": 91}, "days", "must be from 0 to 90"),
        ({**account(), "days": 1.5}, "days", "must be a whole number"),
        ({**account(), "loud": "yes"}, "loud", "must be true or false"),
    ],
)
def test_the_first_wrong_field_is_named_at_any_depth_and_its_value_is_not_quoted(
    given: dict[str, Any], path: str, what: str
) -> None:
    with pytest.raises(FieldError) as raised:
        require_valid(SCHEMA, to_fields(given))
    assert str(raised.value) == f"Field '{path}' of the configuration {what}."
    assert SECRET not in str(raised.value)


def test_what_is_absent_has_its_default_at_any_depth() -> None:
    fields = require_valid(SCHEMA, to_fields(account(events_from={**COLLECTOR, "tries": None}, password=["a", "b"])))
    assert fields == {
        "accounts": [
            {"name": "first", "events_from": {"via": "rest"}},
            {"name": "second", "password": ["a", "b"], "events_from": {**COLLECTOR, "tries": 3}},
        ],
        "rate": 10,
    }


def test_an_unknown_field_is_warned_of_where_it_has_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    given = {"accounts": [{"name": "first", "events_from": {"via": "rest", "speed": 7}}], "batch": 7, "_airbyte": 7}
    with caplog.at_level(logging.WARNING):
        warn_of_unknown_fields(SCHEMA, given, logging.getLogger("test"))
    assert caplog.messages == [
        f"Field '{path}' of the configuration is not known and has no effect: see the spec."
        for path in ("accounts.0.events_from.speed", "batch")
    ]
    assert require_valid(SCHEMA, given)["batch"] == 7


def test_what_is_nested_without_end_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"x": deep}
    with pytest.raises(ConfigurationError, match="nested too deep"):
        to_fields(deep)
