"""The opens, clicks and bounces of a computed account in order of time: an integer for each, 8 bytes.

The integers hold second, number of the message and slot of the event, so that their order is that of time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mailjet_sandbox.account import Listed, Statistics
from mailjet_sandbox.computed_lives import BEFORE, CLICK, NEVER, OPEN, OUTCOME, SPAM, UNSUB, rank_of
from mailjet_sandbox.computed_messages import Messages
from mailjet_sandbox.lots import Integers
from mailjet_sandbox.query import Query
from mailjet_sandbox.rows import Row, write_click, write_open

_NUMBER_BITS, _SLOT_BITS = 27, 4
"""An account has fewer than 2**27 messages; see `computed_lives` for the slots."""
_CHUNK = 1 << 17


class EventIndex:
    """`index` has the opens, clicks and bounces, a bounce being also what Mailjet refused to send.

    `rare` has the numbers of messages in order: those that waited before their delivery or bounce, were lost (bounced
    or refused), unsubscribed, complained.
    """

    def __init__(self, mail: Messages) -> None:
        if mail.timetable.total >> _NUMBER_BITS:
            raise ValueError(f"{mail.timetable.total:,} messages are more than an account here can have")
        self._mail = mail
        events: dict[Statistics, list[Integers]] = {"opens": [], "clicks": [], "bounces": []}
        rare: dict[str, list[Integers]] = {"waited": [], "lost": [], "unsub": [], "spam": []}
        for since in range(0, mail.timetable.total, _CHUNK):
            numbers = np.arange(since, min(since + _CHUNK, mail.timetable.total))
            keys = mail.live(numbers).keys
            lost = rank_of(keys[:, OUTCOME]) > BEFORE
            events["opens"] += [_packed(keys[:, slot], numbers, slot) for slot in range(OPEN, CLICK)]
            events["clicks"] += [_packed(keys[:, slot], numbers, slot) for slot in range(CLICK, UNSUB)]
            events["bounces"].append(_packed(keys[lost, OUTCOME], numbers[lost], OUTCOME))
            rare["waited"].append(numbers[keys[:, OUTCOME] >> 8 > mail.timetable.sends(numbers).arrived])
            rare["lost"].append(numbers[lost])
            rare["unsub"].append(numbers[keys[:, UNSUB] < NEVER])
            rare["spam"].append(numbers[keys[:, SPAM] < NEVER])
        self.rare = {name: np.concatenate([_NONE, *parts]) for name, parts in rare.items()}
        self.index = {kind: _in_order(parts) for kind, parts in events.items()}

    def make(self, kind: Statistics, places: Integers) -> list[Listed]:
        """The events at these places of the index."""
        numbers, slots = unpacked(self.index[kind][places])
        return [
            Listed(_FIRST_ID + place * 2, message, event, event.at)
            for place, message, event in zip(
                places.tolist(), self._mail.make(numbers), self._mail.events_at(numbers, slots), strict=True
            )
        ]

    def write_opens(self, places: Integers, query: Query) -> list[Row]:
        """Their rows, as `rows.open_row` writes those of the events themselves."""
        numbers, slots = unpacked(self.index["opens"][places])
        return list(map(write_open, *self._mail.relations(numbers), self._mail.events_at(numbers, slots)))

    def write_clicks(self, places: Integers, query: Query) -> list[Row]:
        """The same of clicks."""
        numbers, slots = unpacked(self.index["clicks"][places])
        ids = (_FIRST_ID + places * 2).tolist()
        return list(map(write_click, *self._mail.relations(numbers), self._mail.events_at(numbers, slots), ids))


_NONE = np.zeros(0, np.int64)
_FIRST_ID = 900_000_001


def packed_at(second: int) -> int:
    """The least integer of the events of a second."""
    return second << _NUMBER_BITS + _SLOT_BITS


def unpacked(events: Integers) -> tuple[Integers, Integers]:
    """Number of the message and slot."""
    return events >> _SLOT_BITS & (1 << _NUMBER_BITS) - 1, events & (1 << _SLOT_BITS) - 1


def _packed(keys: Integers, numbers: Integers, slot: int) -> Integers:
    """The events of one slot, without those that never happen."""
    happens = keys < NEVER
    return (keys[happens] >> 8 << _NUMBER_BITS | numbers[happens]) << _SLOT_BITS | slot


def _in_order(parts: Sequence[Integers]) -> Integers:
    whole = np.concatenate([_NONE, *parts])
    whole.sort()
    return whole
