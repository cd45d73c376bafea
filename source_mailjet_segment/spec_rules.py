"""The schema in `spec.json` as judge of a configuration, in sentences that name the field and never quote its value."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from program.failure import ConfigurationError

A_DATE = "2026-01-31T00:00:00Z"
NEARLY = 0.8
"""How alike two names are (`difflib`) of which one must be a slip."""


def load_schema() -> dict[str, Any]:
    """The JSON schema of the configuration, from `spec.json`."""
    spec = json.loads(files("source_mailjet_segment").joinpath("spec.json").read_text("utf-8"))
    return cast("dict[str, Any]", spec["connectionSpecification"])


def unknown_fields(given: Mapping[str, Any]) -> list[str]:
    """Fields that the spec does not have, and so have no effect; those of the runtime begin with an underscore."""
    return [path for path, _, _ in _unknown(load_schema(), given)]


def require_valid(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises `ConfigurationError` for the first field that breaks the schema, that is no number at all (NaN), or that
    is spelt nearly as one of the schema's: what it was meant for would be left at its default.
    """
    for path, name, known in _unknown(schema, given):
        if meant := get_close_matches(name.lower(), known, 1, NEARLY):
            raise ConfigurationError(
                f"Field '{path}' of the configuration is not known: call it '{meant[0]}' if that is meant, or leave it "
                "out."
            )
    error = best_match(Draft7Validator(_with_choices_made(schema, given)).iter_errors(given))
    if error:
        raise ConfigurationError(_sentence(error))
    for name, value in given.items():
        if isinstance(value, float) and name in schema["properties"] and not math.isfinite(value):
            raise ConfigurationError(f"Field '{name}' of the configuration must be a number that is finite.")


def _unknown(schema: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Path and name of each unknown field, and the names that are known in its place, in any form of a choice."""
    places = [("", given, list(schema["properties"]))]
    for group, rule in schema["properties"].items():
        if "oneOf" in rule and isinstance(given.get(group), Mapping):
            places.append((f"{group}.", given[group], [name for form in rule["oneOf"] for name in form["properties"]]))
    for place, fields, known in places:
        for name in sorted(fields):
            if name not in known and not name.startswith("_"):
                yield place + name, name, known


def _with_choices_made(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with each `oneOf` replaced by the form that was chosen: of a `oneOf` a validator says only that
    nothing matched, and not what is wrong with the form that was meant.
    """
    rules = {name: _choice(name, rule, given.get(name)) for name, rule in schema["properties"].items()}
    return {**schema, "properties": rules}


def _choice(name: str, rule: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    if "oneOf" not in rule or not isinstance(value, Mapping):
        return {word: meant for word, meant in rule.items() if word != "oneOf"}
    key = next(inner for inner, its in rule["oneOf"][0]["properties"].items() if "const" in its)
    forms: dict[object, Mapping[str, Any]] = {form["properties"][key]["const"]: form for form in rule["oneOf"]}
    chosen = value.get(key)
    if not isinstance(chosen, str) or chosen not in forms:
        raise ConfigurationError(f"Field '{name}.{key}' of the configuration must be one of {_listed(forms)}.")
    return forms[chosen]


def _sentence(error: ValidationError) -> str:
    """What is wrong with which field, without quoting the value: it may be a secret."""
    rule = cast("Mapping[str, Any]", error.schema)
    path = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        given = cast("Mapping[str, Any]", error.instance)
        missing = next(name for name in rule["required"] if name not in given)
        return f"Field '{'.'.join([*path, missing])}' is missing from the configuration: set it."
    limit = error.validator_value
    wanted = {
        "pattern": f"must look like {_example(rule)}",
        "type": f"must be of type {limit}{_sample(rule)}",
        "enum": f"must be one of {_listed(rule.get('enum', ()))}",
        "minimum": f"must be at least {limit}",
        "exclusiveMinimum": f"must be more than {limit}",
        "maximum": f"must be at most {limit}",
        "minLength": "must not be empty",
    }
    return f"Field '{'.'.join(path)}' of the configuration {wanted[str(error.validator)]}."


def _example(rule: Mapping[str, Any]) -> str:
    """What a text must look like; a date by one, which shows that there is neither an offset nor a fraction."""
    return A_DATE if rule.get("format") == "date-time" else str(rule.get("pattern_descriptor"))


def _sample(rule: Mapping[str, Any]) -> str:
    return f", as {json.dumps(rule['default'])}" if rule.get("type") == "object" and "default" in rule else ""


def _listed(words: Any) -> str:
    return ", ".join(f"'{word}'" for word in words)
