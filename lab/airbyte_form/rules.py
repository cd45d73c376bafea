"""What a specification must keep so that its form is easy to fill in; each broken rule is a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.airbyte_form.layout import ADVANCED, DEFAULT, Field, Group, Schema, choice_key, groups_of, options_of

_SMALL_WORDS = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "per", "the", "to", "with"}
_INNER_WORDS = {"batch", "batches", "boolean", "digest", "endpoint", "json", "payload", "string", "thread", "threads"}
"""Words of the code. A person who fills in a form need not know them."""
_PLACE = re.compile(r"\bIn (Mailjet|Segment|the stream's schema|the collector's configuration): ")


def broken_rules(specification: Schema) -> list[str]:
    """The rules that the form of a specification breaks, each as a sentence that names the field."""
    groups = groups_of(specification)
    fields = [field for group in groups for field in (*group.shown, *group.folded)]
    return [
        *_about_groups(specification, groups),
        *_about_order("", fields),
        *(sentence for field in fields for sentence in _about_field(field)),
    ]


def _about_groups(specification: Schema, groups: list[Group]) -> Iterator[str]:
    named = [group["id"] for group in specification.get("groups", ())]
    if not named or named[-1] != ADVANCED:
        yield f"The last group must be '{ADVANCED}': some versions of the form sort it so, others not."
    for group in groups:
        if group.name == DEFAULT or group.name not in named:
            yield f"{group.shown or group.folded} need a group that 'groups' names."
        if not _is_title(group.title):
            yield f"Group '{group.name}' needs a title in title case."
        if group.name == ADVANCED:
            yield from (f"{field.path} is required, so it is not advanced." for field in group.shown if field.required)
        elif group.folded:
            folded = ", ".join(field.path for field in group.folded)
            yield f"{folded} would be folded away in the middle of the form: set always_show, or group '{ADVANCED}'."


def _about_order(place: str, fields: list[Field]) -> Iterator[str]:
    orders = [field.order for field in fields]
    if sorted(orders) != sorted(set(orders)):
        yield f"Each field of {place or 'the form'} needs an order of its own."
    last_required = max((field.order for field in fields if field.required), default=-1)
    yield from (
        f"{field.path} is not required and comes before a field that is."
        for field in fields
        if not field.required and field.order < last_required
    )


def _about_field(field: Field) -> Iterator[str]:
    schema = field.schema
    description = str(schema.get("description", ""))
    if not _is_title(str(schema.get("title", ""))):
        yield f"{field.path} needs a title in title case."
    if not description.endswith("."):
        yield f"{field.path} needs a description of whole sentences."
    if inner := _INNER_WORDS & set(re.findall(r"[a-z]+", description.lower())):
        yield f"{field.path}: the description says {', '.join(sorted(inner))}, which only the code should."
    if _asks_for_a_text(schema) and not _PLACE.search(description):
        yield f"{field.path} asks for a text that somebody has to look up: say where ('In Mailjet: ...')."
    if "pattern" in schema and not schema.get("pattern_descriptor"):
        yield f"{field.path} has a pattern: pattern_descriptor says what it asks for."
    if field.path.rpartition(".")[2] in {"api_key", "api_key_secret", "write_key"} and not schema.get("airbyte_secret"):
        yield f"{field.path} is a secret: set airbyte_secret."
    if "oneOf" in schema:
        yield from _about_choice(field)


def _asks_for_a_text(schema: Schema) -> bool:
    """Whether nothing but the description says what to fill in."""
    helps = ("default", "enum", "const", "examples", "format", "oneOf")
    return schema.get("type") == "string" and not any(word in schema for word in helps)


def _about_choice(field: Field) -> Iterator[str]:
    options = options_of(field)
    keys = {choice_key(option.schema) for option in options}
    if len(keys) != 1 or None in keys:
        yield f"{field.path}: all options need one field with a const, of one name."
        return
    default = field.schema.get("default", {})
    if not options[0].word or options[0].word not in default.values():
        yield f"{field.path}: the first option must be the default, because the form chooses the first."
    for option in options:
        if not _is_title(str(option.schema.get("title", ""))):
            yield f"{field.path}[{option.word}] needs a title in title case."
        inner = (*option.shown, *option.folded)
        yield from _about_order(f"{field.path}[{option.word}]", list(inner))
        yield from (sentence for field_of_option in inner for sentence in _about_field(field_of_option))
        yield from (
            f"{folded.path} has no default, so it must not be folded away: set always_show."
            for folded in option.folded
            if "default" not in folded.schema
        )


def _is_title(text: str) -> bool:
    """Whether each word begins with a capital, but for small words inside; what is in brackets counts as words."""
    words = re.findall(r"[\w']+", text)
    return bool(words) and all(
        not word[0].islower() or (place > 0 and word in _SMALL_WORDS) for place, word in enumerate(words)
    )
