"""Which message is sent when, in which campaign and to whom, as arithmetic in both directions.

Messages have numbers, from 0 on, in order of arrival. The account's time is cut into blocks: one for each newsletter's
sending and one for each stretch between. In a block messages are evenly spaced; in a newsletter's block a single
message follows each so many of the newsletter, as long as there are any.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

import numpy as np

from mailjet_sandbox.lots import Integers


class Block(NamedTuple):
    """`at` and `length` are seconds from the account's start on; `newsletter` is its place among them, -1 for none.

    `size` messages, the first being message `first`; `mails` of them belong to the newsletter, `singles` to none, and
    the first of those is the account's single message `first_single`.
    """

    at: int
    length: int
    newsletter: int
    mails: int
    singles: int
    first: int
    first_single: int

    @property
    def size(self) -> int:
        return self.mails + self.singles

    @property
    def group(self) -> int:
        """How many mails of the newsletter are followed by a single message."""
        return self.mails // self.singles if self.singles else self.mails


class Sends(NamedTuple):
    """A few messages: seconds of arrival from the account's start on, the newsletter or -1, the recipient's number."""

    arrived: Integers
    newsletter: Integers
    contact: Integers


class Timetable:
    """All messages of an account of `contacts`, each of whom gets each newsletter, and of single messages.

    `newsletters` are `(second, length)` of their sendings, in order, none overlapping the next. Single messages go
    round: everybody gets as many.
    """

    def __init__(self, seconds: int, newsletters: Sequence[tuple[int, int]], contacts: int, singles_per_day: float):
        self._contacts, self._newsletters = contacts, len(newsletters)
        self.blocks = _cut(seconds, newsletters, contacts, singles_per_day)
        last = self.blocks[-1]
        self.total, self.singles = last.first + last.size, last.first_single + last.singles
        self._step = next(step for step in range(max(1, contacts * 5 // 8), contacts + 2) if gcd(step, contacts) == 1)
        self._back = pow(self._step, -1, contacts)
        columns = np.array([(*block, block.size, block.group) for block in self.blocks], np.int64).T
        self._at, self._length, self._letter, _, self._many, self._first, self._single, self._size, self._group = (
            columns
        )
        self._of_letter = {block.newsletter: block for block in self.blocks if block.newsletter >= 0}

    def sends(self, numbers: Integers) -> Sends:
        """The messages of these numbers."""
        block = np.searchsorted(self._first, numbers, "right") - 1
        inside = numbers - self._first[block]
        arrived = self._at[block] + inside * self._length[block] // self._size[block]
        group, many = self._group[block], self._many[block]
        before = inside // (group + 1)
        single = (inside - before * (group + 1) == group) & (before < many)
        newsletter = np.where(single, -1, self._letter[block])
        turn = np.where(single, self._single[block] + before, inside - np.minimum(before, many) + newsletter * 7_919)
        return Sends(arrived, newsletter, turn * self._step % self._contacts)

    def arrived_by(self, second: int) -> int:
        """How many messages have arrived by a second, itself included."""
        place = bisect_right(self.blocks, second, key=lambda block: block.at) - 1
        if place < 0:
            return 0
        block = self.blocks[place]
        inside = -(-(second - block.at + 1) * block.size // block.length)
        return block.first + min(block.size, inside)

    def of_newsletter(self, newsletter: int) -> Integers:
        """The numbers of a newsletter's messages, in order."""
        block = self._of_letter[newsletter]
        return _numbers_of_mails(block, np.arange(block.mails))

    def of_singles(self, turns: Integers | None = None) -> Integers:
        """The numbers of the single messages, all or the ones at these places among them."""
        turns = np.arange(self.singles) if turns is None else turns
        block = np.searchsorted(self._single, turns, "right") - 1
        turn = turns - self._single[block]
        found: Integers = self._first[block] + turn * (self._group[block] + 1) + self._group[block]
        return found

    def of_contact(self, contact: int) -> Integers:
        """The numbers of the messages to a contact, in order."""
        turn = contact * self._back % self._contacts
        single = self.of_singles(np.arange(turn, self.singles, self._contacts))
        mails = [
            _numbers_of_mails(block, np.array([(turn - letter * 7_919) % self._contacts]))
            for letter, block in self._of_letter.items()
        ]
        return np.sort(np.concatenate([single, *mails]))

    def count_of_contact(self, contact: int) -> int:
        """How many messages a contact gets in all."""
        turn = contact * self._back % self._contacts
        return self._newsletters + len(range(turn, self.singles, self._contacts))


def _numbers_of_mails(block: Block, places: Integers) -> Integers:
    followed = np.minimum(places // block.group, block.singles) if block.group else np.full_like(places, block.singles)
    return block.first + places + followed


def _cut(seconds: int, newsletters: Sequence[tuple[int, int]], contacts: int, singles_per_day: float) -> list[Block]:
    blocks: list[Block] = []
    edges = [(at, length, place) for place, (at, length) in enumerate(newsletters)]
    ends = [0, *(at + length for at, length in newsletters)]
    gaps = [(end, until - end, -1) for end, until in zip(ends, [*(at for at, _ in newsletters), seconds], strict=True)]
    first = 0
    for at, length, newsletter in sorted((*edges, *gaps)):
        if length > 0:
            before = int(at * singles_per_day / 86_400)
            singles = int((at + length) * singles_per_day / 86_400) - before
            mails = contacts if newsletter >= 0 else 0
            blocks.append(Block(at, length, newsletter, mails, singles, first, before))
            first += mails + singles
    return blocks
