"""The schema in `spec.json` as judge of a configuration, in sentences that name the field and never quote its value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from source_mailjet_segment.errors import ConfigurationError


def load_schema() -> dict[str, Any]:
    """The JSON schema of the configuration, from `spec.json`."""
    spec = json.loads(files("source_mailjet_segment").joinpath("spec.json").read_text("utf-8"))
    return cast("dict[str, Any]", spec["connectionSpecification"])


def require_valid(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises `ConfigurationError` for the first field that breaks the schema, or that is no number at all (NaN)."""
    error = best_match(Draft7Validator(_with_choices_made(schema, given)).iter_errors(given))
    if error:
        raise ConfigurationError(_sentence(error))
    for name, value in given.items():
        if isinstance(value, float) and name in schema["properties"] and not math.isfinite(value):
            raise ConfigurationError(f"Field '{name}' of the configuration must be a number that is finite.")


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
        "pattern": f"must look like {rule.get('pattern_descriptor')}",
        "type": f"must be of type {limit}",
        "enum": f"must be one of {_listed(rule.get('enum', ()))}",
        "minimum": f"must be at least {limit}",
        "exclusiveMinimum": f"must be more than {limit}",
        "maximum": f"must be at most {limit}",
        "minLength": "must not be empty",
    }
    return f"Field '{'.'.join(path)}' of the configuration {wanted[str(error.validator)]}."


def _listed(words: Any) -> str:
    return ", ".join(f"'{word}'" for word in words)
