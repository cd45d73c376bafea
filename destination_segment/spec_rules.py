"""The schema in `spec.json` as judge of a configuration, in sentences for the person who filled in the form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match


class ConfigError(ValueError):
    """A configuration that cannot be used; its text is one sentence that names the field, without its value."""


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a group of fields",
}

_RULES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "type": lambda rule: f"must be {_TYPES[rule['type']]}",
    "pattern": lambda rule: f"must be {rule['pattern_descriptor']}",
    "minLength": lambda rule: "must not be empty",
    "enum": lambda rule: f"must be one of {', '.join(rule['enum'])}",
    "minimum": lambda rule: f"must be from {rule['minimum']} to {rule['maximum']}",
    "maximum": lambda rule: f"must be from {rule['minimum']} to {rule['maximum']}",
}
"""What a broken rule of the schema means to the person who broke it, by the schema's word for it."""


def require_valid(schema: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Raises `ConfigError` for the first field that breaks the schema, or that is no number at all (NaN)."""
    error = best_match(Draft7Validator(_with_choices_made(schema, config)).iter_errors(config))
    if error is not None:
        raise ConfigError(_to_sentence(error))
    for name, value in config.items():
        if isinstance(value, float) and name in schema["properties"] and not math.isfinite(value):
            raise ConfigError(f"{name} {_RULES['minimum'](schema['properties'][name])}.")


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
        raise ConfigError(f"{name}.{key} must be one of {', '.join(options)}.") from None
