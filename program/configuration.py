"""A JSON schema as judge of a configuration, in sentences that name the field and never quote its value.

It understands these parts of a schema, at any depth: `properties`, `items`, a `$ref` to its `definitions`, and a
`oneOf` with forms that differ in a `const`.
A field that the schema does not have has no effect; if a group has `"additionalProperties": false`, it is refused.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from program.broken_rule import Rule, explain_choice, explain_rule
from program.failure import ConfigurationError, FieldError, field_path

Fields = dict[str, Any]

NEARLY = 0.8
"""How alike two names are (`difflib`) if one of them must be a slip of the other."""

_Judge = extend(  # type: ignore[no-untyped-call]
    Draft7Validator,
    type_checker=Draft7Validator.TYPE_CHECKER.redefine(
        "number", lambda checker, value: Draft7Validator.TYPE_CHECKER.is_type(value, "number") and _is_finite(value)
    ),
)
"""Python reads NaN and Infinity, which are no numbers of JSON."""


def to_fields(configuration: object) -> Fields:
    """The fields of a configuration, without those that are null: Airbyte's form sends null for an empty field.

    Raises `ConfigurationError` if it is no JSON object.
    """
    if not isinstance(configuration, Mapping):
        raise ConfigurationError("The configuration is not a JSON object: give one with the fields of the spec.")
    try:
        return cast("Fields", _without_nulls(configuration))
    except RecursionError:
        raise ConfigurationError(
            "The configuration is nested too deep: give one with the fields of the spec."
        ) from None


def require_valid(schema: Rule, fields: Mapping[str, Any]) -> Fields:
    """The fields with the schema's defaults for those that are absent, in every group.

    Raises `FieldError` for the first field that breaks the schema, or that has nearly the name of a known field: it is
    probably a slip, and the known field would silently have its default.
    """
    whole = _without_references(schema, schema)
    for unknown in _find_unknown(whole, fields, ""):
        if meant := get_close_matches(unknown.name.lower(), unknown.known, 1, NEARLY):
            raise FieldError(unknown.path, f"is not known: call it '{meant[0]}' if that is meant, or leave it out")
    chosen = _without_choices(whole, fields, "")
    error = best_match(_Judge(chosen).iter_errors(fields))
    if error is not None:
        raise _to_field_error(error)
    return cast("Fields", _with_defaults(chosen, fields))


def warn_of_unknown_fields(schema: Rule, configuration: Mapping[str, Any], log: logging.Logger) -> None:
    """Logs each field that has no effect; those of the runtime begin with an underscore."""
    for unknown in _find_unknown(_without_references(schema, schema), configuration, ""):
        log.warning("Field '%s' of the configuration is not known and has no effect: see the spec.", unknown.path)


def _without_references(rule: Any, schema: Rule) -> Any:
    """The rule with each `#/definitions/name` in it replaced by the definition."""
    if isinstance(rule, list):
        return [_without_references(inner, schema) for inner in rule]
    if not isinstance(rule, Mapping):
        return rule
    if "$ref" in rule:
        return _without_references(schema["definitions"][rule["$ref"].removeprefix("#/definitions/")], schema)
    return {word: _without_references(inner, schema) for word, inner in rule.items()}


class _Unknown(NamedTuple):
    """A field that the schema does not have, and the names that it has in this place."""

    path: str
    name: str
    known: list[str]


def _is_finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _without_nulls(value: Any) -> Any:
    """A null in a list stays: without it, the others would change their places."""
    if isinstance(value, Mapping):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _find_unknown(rule: Rule, value: Any, place: str) -> Iterator[_Unknown]:
    """A group with a choice knows the fields of all its forms."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _find_unknown(rule.get("items", {}), inner, f"{place}{number}.")
    known = _known_fields(rule)
    if not known or not isinstance(value, Mapping):
        return
    for name in sorted(value):
        if name in known:
            yield from _find_unknown(known[name], value[name], f"{place}{name}.")
        elif not name.startswith("_"):
            yield _Unknown(place + name, name, list(known))


def _known_fields(rule: Rule) -> dict[str, Rule]:
    forms = (rule, *rule.get("oneOf", ()))
    return {name: inner for form in forms for name, inner in form.get("properties", {}).items()}


def _without_choices(rule: Rule, value: Any, path: str) -> Rule:
    """The rule with each `oneOf` in it replaced by the form that `value` chose.

    A validator says of a `oneOf` only that nothing matched; of a single form it says which field is wrong.
    """
    if "oneOf" in rule:
        rule = _chosen_form(rule, value, path)
    if isinstance(value, Mapping) and "properties" in rule:
        inner = {
            name: _without_choices(of, value.get(name), field_path(path, name))
            for name, of in rule["properties"].items()
        }
        return {**rule, "properties": inner}
    if isinstance(value, list) and "items" in rule:
        items = [_without_choices(rule["items"], entry, field_path(path, number)) for number, entry in enumerate(value)]
        return {**rule, "items": items}
    return rule


def _chosen_form(rule: Rule, value: Any, path: str) -> Rule:
    if not isinstance(value, Mapping):
        return {word: meaning for word, meaning in rule.items() if word != "oneOf"}
    key = next(name for name, inner in rule["oneOf"][0]["properties"].items() if "const" in inner)
    forms: dict[str, Rule] = {form["properties"][key]["const"]: form for form in rule["oneOf"]}
    word = value.get(key)
    if not isinstance(word, str) or word not in forms:
        raise FieldError(field_path(path, key), explain_choice(forms))
    return forms[word]


def _with_defaults(rule: Rule, value: Any) -> Any:
    """`rule` without choices, as `_without_choices` makes it."""
    if isinstance(value, list):
        return [
            _with_defaults(inner, entry) for inner, entry in zip(rule.get("items", ()), value, strict=False)
        ] or value
    if not isinstance(value, Mapping):
        return value
    rules = rule.get("properties", {})
    defaults = {name: inner["default"] for name, inner in rules.items() if "default" in inner}
    return defaults | {name: _with_defaults(rules.get(name, {}), inner) for name, inner in value.items()}


def _to_field_error(error: ValidationError) -> FieldError:
    rule = cast("Rule", error.schema)
    path = ".".join(str(step) for step in error.absolute_path)
    if error.validator == "required":
        missing = next(name for name in rule["required"] if name not in cast("Fields", error.instance))
        return FieldError(field_path(path, missing), "is missing: set it")
    if error.validator == "additionalProperties":
        extra = next(name for name in cast("Fields", error.instance) if name not in rule["properties"])
        return FieldError(field_path(path, extra), "is not known: leave it out")
    return FieldError(path, explain_rule(str(error.validator), rule))
