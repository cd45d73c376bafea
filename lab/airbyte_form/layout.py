"""What a form of Airbyte shows: groups, the fields in each, and those that are folded away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

ADVANCED = "advanced"
"""The group that is always last."""
DEFAULT = "default"
"""The group of fields that name none."""
_LAST = 1_000_000


@dataclass(frozen=True)
class Field:
    """A field by its dotted path; one in a choice has the option's word in its path: `region[other].api_url`."""

    path: str
    schema: Schema
    required: bool

    @property
    def is_shown(self) -> bool:
        """Whether the form shows it before somebody unfolds the optional fields."""
        return (
            self.required
            or bool(self.schema.get("always_show"))
            or "oneOf" in self.schema
            or self.schema.get("type") == "object"
        )

    @property
    def order(self) -> int:
        return int(self.schema.get("order", _LAST))


@dataclass(frozen=True)
class Group:
    """Fields under one title: `shown`, and `folded` below them under "Optional fields"."""

    name: str
    title: str
    shown: tuple[Field, ...]
    folded: tuple[Field, ...]


@dataclass(frozen=True)
class Option:
    """An option of a choice: the word that the configuration gets, and the fields that appear with it."""

    word: str
    schema: Schema
    shown: tuple[Field, ...]
    folded: tuple[Field, ...]


def groups_of(specification: Schema) -> list[Group]:
    """The groups of a form, from top to bottom."""
    titles = {group["id"]: str(group.get("title", "")) for group in specification.get("groups", ())}
    by_group: dict[str, list[Field]] = {}
    for field in _fields(specification, ""):
        by_group.setdefault(str(field.schema.get("group", DEFAULT)), []).append(field)
    places = {name: place for place, name in enumerate(titles)}
    names = sorted(by_group, key=lambda name: (name == ADVANCED, places.get(name, _LAST), name))
    return [_group(name, titles.get(name, ""), by_group[name]) for name in names]


def options_of(field: Field) -> list[Option]:
    """The options of a choice; the form chooses the first, whatever the default of the object is."""
    options = []
    for form in field.schema.get("oneOf", ()):
        key = choice_key(form)
        word = str(form["properties"][key]["const"]) if key else ""
        inner = tuple(inner for inner in _fields(form, f"{field.path}[{word}].") if "const" not in inner.schema)
        options.append(Option(word, form, _shown(inner), _folded(inner)))
    return options


def choice_key(form: Schema) -> str | None:
    """The field of an option that says which option it is: its value is given."""
    return next((name for name, inner in form.get("properties", {}).items() if "const" in inner), None)


def _group(name: str, title: str, fields: list[Field]) -> Group:
    return Group(name, title, _shown(tuple(fields)), _folded(tuple(fields)))


def _fields(schema: Schema, place: str) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(f"{place}{name}", inner, name in required)
        for name, inner in schema.get("properties", {}).items()
        if not inner.get("airbyte_hidden")
    ]


def _shown(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(sorted((field for field in fields if field.is_shown), key=lambda field: field.order))


def _folded(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(sorted((field for field in fields if not field.is_shown), key=lambda field: field.order))
