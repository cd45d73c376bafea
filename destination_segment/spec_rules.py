"""The schema in `spec.json` as judge of a configuration, in sentences for the person who filled in the form."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, cast

from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match

from program.failure import ConfigurationError

NEARLY = 0.8
"""How alike two names are (`difflib`) of which one must be a slip."""

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a group of fields",
}

_RULES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "type": lambda rule: f"must be {_TYPES[rule['type']]}{_sample(rule)}",
    "pattern": lambda rule: f"must be {rule['pattern_descriptor']}",
    "minLength": lambda rule: "must not be empty",
    "enum": lambda rule: f"must be one of {', '.join(rule['enum'])}",
    "minimum": lambda rule: f"must be from {rule['minimum']} to {rule['maximum']}",
    "maximum": lambda rule: f"must be from {rule['minimum']} to {rule['maximum']}",
}
"""What a broken rule of the schema means to the person who broke it, by the schema's word for it."""


def _sample(rule: Mapping[str, Any]) -> str:
    return f", as {json.dumps(rule['default'])}" if rule["type"] == "object" and "default" in rule else ""


def unknown_fields(schema: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Fields that the schema does not have, and so have no effect; those of the runtime begin with an underscore."""
    return [path for path, _, _ in _unknown(schema, config)]


def require_valid(schema: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Raises `ConfigurationError` for the first field that breaks the schema, is no number at all (NaN), or is spelt
    nearly as one of the schema's: without `region`, events of a workspace in the EU would go to the US.
    """
    for path, name, known in _unknown(schema, config):
        if meant := get_close_matches(name.lower(), known, 1, NEARLY):
            raise ConfigurationError(f"{path} is not known: call it {meant[0]} if that is meant, or leave it out.")
    error = best_match(Draft7Validator(_with_choices_made(schema, config)).iter_errors(config))
    if error is not None:
        raise ConfigurationError(_to_sentence(error))
    for name, value in config.items():
        if isinstance(value, float) and name in schema["properties"] and not math.isfinite(value):
            raise ConfigurationError(f"{name} {_RULES['minimum'](schema['properties'][name])}.")


def _unknown(schema: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Path and name of each unknown field, and the names that are known in its place, in any option of a choice."""
    places = [("", config, list(schema["properties"]))]
    for group, rule in schema["properties"].items():
        if "oneOf" in rule and isinstance(config.get(group), Mapping):
            names = [name for option in rule["oneOf"] for name in option["properties"]]
            places.append((f"{group}.", config[group], names))
    for place, fields, known in places:
        for name in sorted(fields):
            if name not in known and not name.startswith("_"):
                yield place + name, name, known


def _to_sentence(error: ValidationError) -> str:
    path = [str(step) for step in error.absolute_path]
    rule = cast("Mapping[str, Any]", error.schema)
    if error.validator == "required":
        missing = next(name for name in rule["required"] if name not in cast("Mapping[str, Any]", error.instance))
        return f"{'.'.join([*path, missing])} is missing."
    field = ".".join(path) or "The configuration"
    return f"{field} {_RULES[str(error.validator)](rule)}."


def _with_choices_made(schema: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with each `oneOf` replaced by the option that the configuration chose.

    A validator says of a `oneOf` only that nothing matched; of the chosen option it says what is wrong.
    """
    rules = {name: _choice(name, rule, config.get(name)) for name, rule in schema["properties"].items()}
    return {**schema, "properties": rules}


def _choice(name: str, rule: Mapping[str, Any], given: Any) -> Mapping[str, Any]:
    if "oneOf" not in rule or not isinstance(given, Mapping):
        return {word: value for word, value in rule.items() if word != "oneOf"}
    key = next(name for name, inner in rule["oneOf"][0]["properties"].items() if "const" in inner)
    options = {option["properties"][key]["const"]: option for option in rule["oneOf"]}
    try:
        return options[given.get(key)]  # type: ignore[no-any-return]
    except (KeyError, TypeError):
        raise ConfigurationError(f"{name}.{key} must be one of {', '.join(options)}.") from None
