"""The schema of the configuration as its judge, in sentences that name the field and never quote its value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from program.failure import ConfigurationError

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a group of fields",
}

_RULES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "type": lambda rule: f"must be {_type(rule['type'])}",
    "pattern": lambda rule: f"must be {rule['pattern_descriptor']}",
    "minLength": lambda rule: "must not be empty",
    "minItems": lambda rule: "must not be empty",
    "maxItems": lambda rule: f"must have at most {rule['maxItems']} members",
    "enum": lambda rule: f"must be one of {', '.join(rule['enum'])}",
    "minimum": lambda rule: f"must be from {rule['minimum']} to {rule['maximum']}",
    "maximum": lambda rule: f"must be from {rule['minimum']} to {rule['maximum']}",
}


def load_schema() -> dict[str, Any]:
    """The schema of the configuration, as users may give it to their editor."""
    schema: dict[str, Any] = json.loads(files("mailjet_collector").joinpath("collector.schema.json").read_text("utf-8"))
    return schema


def require_valid(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises `ConfigurationError` for the first field that breaks the schema, or that it does not know."""
    error = best_match(Draft7Validator(schema).iter_errors(given))
    if error is not None:
        raise ConfigurationError(_sentence(error, []))


def _sentence(error: ValidationError, above: list[str]) -> str:
    path = above + [str(step) for step in error.absolute_path]
    rule = cast("Mapping[str, Any]", error.schema)
    instance: Any = error.instance
    if error.validator == "oneOf":
        return _choice(rule["oneOf"], instance, path)
    if error.validator == "required":
        missing = next(name for name in rule["required"] if name not in instance)
        return f"{'.'.join([*path, missing])} is missing from the configuration: set it."
    if error.validator == "additionalProperties":
        unknown = sorted(set(instance) - set(rule["properties"]))[0]
        meant = get_close_matches(unknown.lower(), rule["properties"], 1)
        advice = f"call it {meant[0]} if that is meant, or leave it out" if meant else "leave it out"
        return f"{'.'.join([*path, unknown])} is not known: {advice}."
    return f"{'.'.join(path) or 'The configuration'} {_RULES[str(error.validator)](rule)}."


def _choice(forms: list[Mapping[str, Any]], instance: Mapping[str, Any], path: list[str]) -> str:
    """What is wrong with the form that was chosen; of a `oneOf` a validator says only that nothing matched."""
    key = next(name for name, inner in forms[0]["properties"].items() if "const" in inner)
    by_word = {form["properties"][key]["const"]: form for form in forms}
    chosen = instance.get(key)
    if not isinstance(chosen, str) or chosen not in by_word:
        return f"{'.'.join([*path, key])} must be one of {', '.join(by_word)}."
    error = best_match(Draft7Validator(by_word[chosen]).iter_errors(instance))
    assert error is not None
    return _sentence(error, path)


def _type(wanted: str | list[str]) -> str:
    return " or ".join(_TYPES[word] for word in ([wanted] if isinstance(wanted, str) else wanted))
