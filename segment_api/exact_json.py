"""JSON with numbers that keep all of their digits; orjson is quicker, but has 64 bits for a number.

A number that 64 bits cannot hold becomes a `Decimal`, which is written as it was read but for the form of its exponent.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

_MOST_NEGATIVE, _MOST_POSITIVE = -(1 << 63), (1 << 64) - 1
"""The range of the integers that orjson reads and writes."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_exactly(line: bytes) -> Any:
    r"""The value of a line of JSON; half a surrogate pair (a cut-off emoji, `\ud83d`), which UTF-8 cannot hold, is
    U+FFFD. Raises `ValueError`, also for numbers that are none (NaN) or beyond all floats, and `RecursionError`.
    """
    text = to_text(line)
    value = _parse(text)
    if "\\ud" not in text.lower():
        return value
    return _parse(_write(value, sort_keys=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def to_text(line: bytes) -> str:
    """A line of JSON in UTF-8 as text that can be printed again, without a byte-order mark; raises `ValueError`."""
    text = line.decode("utf-8-sig", "surrogatepass")
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def write_exactly(value: Any, *, sort_keys: bool = False) -> bytes:
    """A JSON value, compact, in UTF-8; raises `RecursionError` for some hundreds of levels of nesting."""
    try:
        return orjson.dumps(value, default=_digits, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except orjson.JSONEncodeError:  # more than 254 levels, or an integer that was not read by `parse_exactly`
        return _write(value, sort_keys=sort_keys).encode()


def _parse(text: str) -> Any:
    return json.loads(text, parse_int=_parse_int, parse_float=_parse_float, parse_constant=_refuse)


def _parse_int(text: str) -> int | Decimal:
    if len(text) > 20:
        return Decimal(text)
    number = int(text)
    return number if _MOST_NEGATIVE <= number <= _MOST_POSITIVE else Decimal(text)


def _parse_float(text: str) -> float | Decimal:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number beyond all floats")
    try:
        exact = Decimal(text)
    except InvalidOperation:  # so small that even its exponent is beyond measure
        return number
    return number if Decimal(repr(number)) == exact else exact


def _refuse(text: str) -> Any:
    raise ValueError("not a number")


def _digits(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


def _write(value: Any, *, sort_keys: bool) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join([_write(member, sort_keys=sort_keys) for member in value]) + "]"
    if isinstance(value, dict):
        names = sorted(value) if sort_keys else value
        return "{" + ",".join([f"{_text(name)}:{_write(value[name], sort_keys=sort_keys)}" for name in names]) + "}"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
