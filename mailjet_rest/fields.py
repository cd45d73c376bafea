"""The fields of Mailjet's rows: words, numbers and instants, parsed once, as they enter.

Numbers and booleans may come as JSON strings, relations as `Contact` or `ContactID`, IDs have up to 19 digits
(Mailjet API guide, its samples, and the types of its clients).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from mailjet_rest.errors import MalformedError
from mailjet_rest.outcome import Row
from segment_events.instants import parse_instant, unix_seconds

NOTHING = "0"
"""The ID that no object has: for a row that names none, or whose own ID cannot be read but is not needed."""
_ID = re.compile("-?[0-9]{1,20}")
_TOO_LARGE = 1 << 63
"""Columns of whole numbers hold 64 bits."""


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
    for name in names:
        value = row.get(name)
        if type(value) is int and 0 < value < 1 << 64:
            return str(value)
        if value is None or _is_unreadable(value):
            continue
        if (text := str(value).strip()) and 0 < (number := int(text)) < 1 << 64:
            return str(number)
    return None


def _is_unreadable(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is not None
    text = str(value).strip()
    return bool(text) and not (_ID.fullmatch(text) and int(text) < 1 << 64)


def read_text(row: Row, *names: str) -> str | None:
    """The text under the first of `names` that has any, without spaces around it."""
    for name in names:
        value = row.get(name)
        if type(value) is str and (text := value.strip()):
            return whole_text(text)
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            return str(value)
    return None


def whole_text(text: str) -> str:
    """The text with U+FFFD for halves of surrogate pairs: JSON can hold them (a cut-off emoji), UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_number(row: Row, *names: str) -> int | None:
    """A whole number, also if it comes as a string; None if there is none that can be read."""
    text = read_text(row, *names)
    if text is None:
        return None
    try:
        number = int(float(text)) if "." in text else int(text)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < _TOO_LARGE else None


def read_flag(row: Row, name: str) -> bool | None:
    """A boolean, also if it comes as a string or a number; None if there is none."""
    value = row.get(name)
    if value is True or value is False or value is None:
        return value
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int) else None


def read_second(row: Row, name: str) -> int:
    """An RFC 3339 instant as Unix seconds; raises `MalformedError` if it is missing or impossible."""
    value = row.get(name)
    if not isinstance(value, str):
        raise MalformedError(f"a row without '{name}'")
    if len(value) == 20 and value[4::3] == "--T::Z":
        try:
            second = int(datetime.fromisoformat(f"{value[:19]}+00:00").timestamp())
        except ValueError:
            second = 0
        if second > 0:
            return second
    return _second(name, value)


def find_second(row: Row, name: str) -> int | None:
    """As `read_second`, but None if there is no instant that can be read."""
    try:
        return read_second(row, name)
    except MalformedError:
        return None


@lru_cache(maxsize=4096)
def _second(name: str, text: str) -> int:
    try:
        second = unix_seconds(parse_instant(text))
    except ValueError:
        raise MalformedError(f"a row whose '{name}' is no instant") from None
    if second <= 0:
        raise MalformedError(f"a row whose '{name}' is no instant")
    return second
