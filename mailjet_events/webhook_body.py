"""The body of a post of Mailjet's Event API, cut into items that keep the bytes they came as. Pure.

A number is read as it is written: a fraction or an exponent sets it apart from whole numbers, because an ID that went
through a float has lost digits. Bytes that are no UTF-8 are read all the same, and become U+FFFD in columns:
a mail server's answer that holds one must not cost an event.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple

_LONGEST_NUMBER = 50
_SPACE = re.compile(r"[ \t\n\r]*")


class Part(NamedTuple):
    """A JSON value, and its bytes as they came."""

    value: Any
    raw: bytes


class NotJson(ValueError):
    """A body that cannot be read."""


class Inexact(float):
    """A number with a fraction or an exponent."""


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_NUMBER else text


_DECODER = JSONDecoder(parse_int=_whole, parse_float=Inexact, parse_constant=lambda _: None, strict=False)


def cut(body: bytes) -> list[Part]:
    """The items of an array, or the one value that a body is; raises `NotJson`."""
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    start = _skip(text, 0)
    try:
        parts, end = _array(text, start + 1) if text.startswith("[", start) else _single(text, start)
    except (JSONDecodeError, StopIteration):
        raise NotJson("not JSON") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    if _skip(text, end) != len(text):
        raise NotJson("not JSON")
    return parts


def _single(text: str, start: int) -> tuple[list[Part], int]:
    value, end = _DECODER.raw_decode(text, start)
    return [Part(value, text[start:end].encode("utf-8", "surrogateescape"))], end


def _array(text: str, start: int) -> tuple[list[Part], int]:
    parts: list[Part] = []
    start = _skip(text, start)
    if text.startswith("]", start):
        return parts, start + 1
    while True:
        items, end = _single(text, start)
        parts += items
        end = _skip(text, end)
        if text.startswith("]", end):
            return parts, end + 1
        if not text.startswith(",", end):
            raise NotJson("not JSON")
        start = _skip(text, end + 1)


def _skip(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start
