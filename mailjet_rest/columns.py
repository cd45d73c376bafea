"""The sorts of column that the fields of a row type are annotated with (`rows.py`).

A column reads the value of one row, or at once the values of all rows of a page, which costs a third as much. Both read
alike. For a form that no page of Mailjet's has, the second raises `Odd`, and the page is read row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mailjet_rest.fields import (
    ID_LIMIT,
    NOTHING,
    find_id,
    find_second,
    read_flag,
    read_id,
    read_number,
    read_text,
    to_flag,
    to_id,
    to_number,
    to_second,
    whole_text,
)
from mailjet_rest.outcome import Row
from segment_events.instants import parse_second

Scalar = str | int | float | bool | None
"""The types that a page is decoded as. Another type is odd."""
Values = Sequence[Scalar]


class Odd(ValueError):
    """A value of a form that only reading row by row understands."""


@dataclass(frozen=True)
class Column:
    """`names`: the fields of Mailjet's row of which one holds the value. `read`: the value of a row; raises
    `MalformedError`. `read_all`: the values of a page, from those of the field; raises `Odd`. `is_own_time`: an event
    needs this instant.
    """

    names: tuple[str, ...]
    read: Callable[[Row], Any]
    read_all: Callable[[Values], list[Any]]
    is_own_time: bool = False


def own_id(*names: str) -> Column:
    """The ID of the row's message; `NOTHING` if it names none."""
    return Column(names, lambda row: read_id(row, *names), lambda values: _all_there(_ids(values)))


def own_time(name: str) -> Column:
    """When the row's event happened, in Unix seconds; 0 if that cannot be read, and nobody needs it."""
    return Column(
        (name,), lambda row: find_second(row, name) or 0, lambda values: _all_there(_seconds(values)), is_own_time=True
    )


def some_id(*names: str) -> Column:
    """An ID; None if there is none that can be read."""
    return Column(names, lambda row: find_id(row, *names), _ids)


def object_id(name: str) -> Column:
    """The ID of an object; `NOTHING` if no event can refer to it."""
    return Column(
        (name,),
        lambda row: find_id(row, name) or NOTHING,
        lambda values: [found or NOTHING for found in _ids(values)],
    )


def id_number(*names: str) -> Column:
    """An ID as a number; None if there is none that can be read."""
    return Column(names, lambda row: _number_of(find_id(row, *names)), lambda values: [*map(_number_of, _ids(values))])


def some_time(name: str) -> Column:
    """An instant in Unix seconds; None if there is none that can be read."""
    return Column((name,), lambda row: find_second(row, name), _seconds)


def some_text(name: str) -> Column:
    """A text; None if it is empty."""
    return Column((name,), lambda row: read_text(row, name), _texts)


def lower_text(name: str, default: str) -> Column:
    """A text in lower case."""
    return Column(
        (name,),
        lambda row: (read_text(row, name) or default).lower(),
        lambda values: [(value or default).lower() for value in _texts(values)],
    )


def exact_text(name: str) -> Column:
    """A text as it is, with the spaces around it; empty if there is none."""
    return Column((name,), lambda row: _exact(row.get(name)), lambda values: [*map(_exact, values)])


def some_number(name: str) -> Column:
    """A whole number; None if there is none that can be read."""
    return Column((name,), lambda row: read_number(row, name), lambda values: [*map(to_number, values)])


def some_flag(name: str) -> Column:
    """A boolean; None if there is none that can be read."""
    return Column((name,), lambda row: read_flag(row, name), _flags)


def _ids(values: Values) -> list[str | None]:
    return [str(value) if type(value) is int and 0 < value < ID_LIMIT else to_id(value) for value in values]


def _seconds(values: Values) -> list[int | None]:
    try:
        seconds: list[Any] = [parse_second(value) for value in values]  # type: ignore[arg-type]
    except (KeyError, ValueError, TypeError):
        return [*map(to_second, values)]
    return seconds if min(seconds) > 0 else [*map(to_second, values)]


def _texts(values: Values) -> list[str | None]:
    """Texts from a page, which hold no half of a surrogate pair: such a page cannot be decoded."""
    try:
        return [None if value is None else str.strip(value) or None for value in values]  # type: ignore[arg-type]
    except TypeError:
        raise Odd from None


def _flags(values: Values) -> list[bool | None]:
    return [value if value is True or value is False else to_flag(value) for value in values]


def _all_there(values: list[Any]) -> list[Any]:
    if None in values:
        raise Odd
    return values


def _number_of(found: str | None) -> int | None:
    return int(found) if found else None


def _exact(value: object) -> str:
    return whole_text(value) if isinstance(value, str) else ""
