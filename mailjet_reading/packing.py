"""Sets of numbers of up to 64 bits, each with an instant, as short text: the events and messages in a state.

A state must stay below 1 MB with tens of thousands of them, so each takes about nine bytes before base 85.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping


def digest(text: str) -> int:
    """64 bits of SHA-256: two of 50,000 events share one with a chance of one in ten thousand million."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def pack(members: Mapping[int, int], width: int = 8) -> str:
    """`{number: Unix seconds}` as text, ordered by time: for each member the delay after the one before, and the
    number.

    Numbers take `width` bytes; the same width must be given to read them.
    """
    ordered = sorted(members.items(), key=lambda member: (member[1], member[0]))
    packed = bytearray()
    before = 0
    for number, second in ordered:
        packed += _varint(max(0, second - before))
        packed += number.to_bytes(width, "big")
        before = max(before, second)
    return base64.b85encode(bytes(packed)).decode()


def unpack(text: str, width: int = 8) -> dict[int, int]:
    """The members that `pack` wrote; raises `ValueError` for any other text."""
    packed = base64.b85decode(text)
    if base64.b85encode(packed).decode() != text:
        raise ValueError("a packed set that is cut off")
    members: dict[int, int] = {}
    place, second = 0, 0
    while place < len(packed):
        delay, place = _read_varint(packed, place)
        if place + width > len(packed):
            raise ValueError("a packed set that is cut off")
        second += delay
        members[int.from_bytes(packed[place : place + width], "big")] = second
        place += width
    return members


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _read_varint(packed: bytes, place: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        if place >= len(packed) or shift > 63:
            raise ValueError("a packed set that is cut off")
        byte = packed[place]
        place += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, place
