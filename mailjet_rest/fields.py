"""The values in Mailjet's rows: words, numbers and instants, parsed once, as they enter.

Numbers and booleans may come as JSON strings, relations as `Contact` or `ContactID`, IDs have up to 19 digits
(Mailjet API guide, its samples, and the types of its clients). `to_x` reads a value, and gives None if it cannot be
read; `find_x` and `read_x` read a field of a row.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from mailjet_rest.errors import MalformedError
from mailjet_rest.outcome import Row
from segment_events.instants import parse_instant, parse_second, unix_seconds

NOTHING = "0"
"""The ID that no object has: for a row that names none, or whose own ID cannot be read but is not needed."""
ID_LIMIT = 1 << 64
"""IDs are below it."""
_ID = re.compile("-?[0-9]{1,20}")
_TOO_LARGE = 1 << 63
"""Columns of whole numbers hold 64 bits."""
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def read_id(row: Row, *names: str) -> str:
    """The ID under the first of `names` that has one, as text; `NOTHING` if all are missing, empty, 0 or negative.

    Mailjet writes IDs as numbers and as strings, and relations as `Contact` or `ContactID`. Raises `MalformedError` for
    a value that is no number.
    """
    found = find_id(row, *names)
    if found is None and any(_is_unreadable(row.get(name)) for name in names):
        raise MalformedError(f"a row whose '{names[0]}' is no number")
    return found or NOTHING


def find_id(row: Row, *names: str) -> str | None:
    """As `read_id`, but None if there is no ID that can be read."""
    return next((found for name in names if (found := to_id(row.get(name)))), None)


def to_id(value: object) -> str | None:
    """An ID as text."""
    if type(value) is int and 0 < value < ID_LIMIT:
        return str(value)
    if value is None or _is_unreadable(value):
        return None
    text = str(value).strip()
    return str(number) if text and 0 < (number := int(text)) < ID_LIMIT else None


def _is_unreadable(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is not None
    text = str(value).strip()
    return bool(text) and not (_ID.fullmatch(text) and int(text) < ID_LIMIT)


def read_text(row: Row, *names: str) -> str | None:
    """The text under the first of `names` that has any, without spaces around it."""
    return next((text for name in names if (text := to_text(row.get(name)))), None)


def to_text(value: object) -> str | None:
    """A text, or a number as one, without spaces around it; None if it is empty."""
    if type(value) is str:
        return whole_text(value.strip()) or None
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return str(value)
    return None


def whole_text(text: str) -> str:
    """The text with U+FFFD for halves of surrogate pairs: JSON can hold them (a cut-off emoji), UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_number(row: Row, *names: str) -> int | None:
    """A whole number, also if it comes as a string; None if there is none that can be read."""
    text = read_text(row, *names)
    return None if text is None else to_number(text)


def to_number(value: object) -> int | None:
    """A whole number; a fraction is cut off."""
    text = to_text(value)
    if text is None:
        return None
    try:
        number = int(float(text)) if "." in text else int(text)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < _TOO_LARGE else None


def read_flag(row: Row, name: str) -> bool | None:
    """A boolean, also if it comes as a string or a number; None if there is none."""
    return to_flag(row.get(name))


def to_flag(value: object) -> bool | None:
    """A boolean."""
    if value is True or value is False or value is None:
        return value
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return bool(value) if isinstance(value, int) and -_TOO_LARGE <= value < ID_LIMIT else None


def read_second(row: Row, name: str) -> int:
    """An RFC 3339 instant as Unix seconds; raises `MalformedError` if it is missing or impossible."""
    value = row.get(name)
    second = to_second(value)
    if second is None:
        fault = f"a row whose '{name}' is no instant" if isinstance(value, str) else f"a row without '{name}'"
        raise MalformedError(fault)
    return second


def find_second(row: Row, name: str) -> int | None:
    """As `read_second`, but None if there is no instant that can be read."""
    return to_second(row.get(name))


def to_second(value: object) -> int | None:
    """An instant as Unix seconds."""
    if not isinstance(value, str):
        return None
    try:
        second = parse_second(value)
    except (KeyError, ValueError):
        return _other_second(value)
    return second if second > 0 else None


@lru_cache(maxsize=4096)
def _other_second(text: str) -> int | None:
    try:
        second = unix_seconds(parse_instant(text))
    except ValueError:
        return None
    return second if second > 0 else None
