"""A broken rule of a JSON schema, explained to the person who filled in the field. It never quotes the value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Rule = Mapping[str, Any]

A_DATE = "2026-01-31T00:00:00Z"

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of fields",
}


def explain_rule(word: str, rule: Rule) -> str:
    """The words for a requirement that a field breaks: the schema's `word` names it, and `rule` has its value."""
    return _SENTENCES[word](rule)


def explain_choice(options: Mapping[str, Any] | list[str]) -> str:
    """The requirement that a field is one of these words."""
    return f"must be one of {', '.join(options)}"


def _explain_type(rule: Rule) -> str:
    types = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    sample = f", such as {json.dumps(rule['default'])}" if "object" in types and "default" in rule else ""
    return f"must be {' or '.join(_TYPES[name] for name in types)}{sample}"


def _explain_pattern(rule: Rule) -> str:
    """A date is shown by an example, because it has neither an offset nor a fraction."""
    return f"must be {f'a date like {A_DATE}' if rule.get('format') == 'date-time' else rule['pattern_descriptor']}"


def _explain_range(rule: Rule) -> str:
    """Both bounds, even if only one is broken."""
    least, above, most = (rule.get(word) for word in ("minimum", "exclusiveMinimum", "maximum"))
    if least is not None and most is not None:
        return f"must be from {least} to {most}"
    bounds = ((above, "more than"), (least, "at least"), (most, "at most"))
    return f"must be {' and '.join(f'{words} {bound}' for bound, words in bounds if bound is not None)}"


def _explain_length(rule: Rule) -> str:
    return f"must have {rule['minItems']} to {rule['maxItems']} entries" if "maxItems" in rule else "must not be empty"


_SENTENCES: Mapping[str, Callable[[Rule], str]] = {
    "type": _explain_type,
    "pattern": _explain_pattern,
    "enum": lambda rule: explain_choice(rule["enum"]),
    "minimum": _explain_range,
    "exclusiveMinimum": _explain_range,
    "maximum": _explain_range,
    "minLength": lambda rule: "must not be empty",
    "maxLength": lambda rule: f"must have at most {rule['maxLength']} characters",
    "minItems": _explain_length,
    "maxItems": _explain_length,
}
"""The words of a schema that a configuration may break, but for those that are about a missing or unknown field."""
