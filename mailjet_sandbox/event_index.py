"""Events as integers whose order is that of time: second, number of the message, slot of the event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mailjet_sandbox.computed_lives import NEVER
from mailjet_sandbox.lots import Integers

_NUMBER_BITS, _SLOT_BITS = 27, 4
"""An account has fewer than 2**27 messages; see `computed_lives` for the slots."""


def packed_at(second: int) -> int:
    """The least integer of the events of a second."""
    return second << _NUMBER_BITS + _SLOT_BITS


def packed(keys: Integers, numbers: Integers, slot: int) -> Integers:
    """The events of one slot, without those that never happen."""
    happens = keys < NEVER
    return (keys[happens] >> 8 << _NUMBER_BITS | numbers[happens]) << _SLOT_BITS | slot


def unpacked(events: Integers) -> tuple[Integers, Integers]:
    """Number of the message and slot."""
    return events >> _SLOT_BITS & (1 << _NUMBER_BITS) - 1, events & (1 << _SLOT_BITS) - 1


def in_order(parts: Sequence[Integers]) -> Integers:
    """All events of the parts, in order of time."""
    whole = np.concatenate(parts)
    whole.sort()
    return whole
