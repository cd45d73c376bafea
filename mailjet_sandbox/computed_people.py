"""The contacts of a computed account: the hard cases of a held one, and any number of plain ones."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mailjet_sandbox.lives import DAY
from mailjet_sandbox.lots import Flags, Integers, Lots, bits, threshold
from mailjet_sandbox.people import (
    DOMAINS,
    ERASED,
    FIRST,
    FIRST_ID,
    FIRST_PLAIN,
    ID_STEP,
    LAST,
    UNLISTED,
    Contact,
    Person,
    make_contact,
    make_properties,
)
from mailjet_sandbox.rates import Rates

_FLAGS, _PERSON = 20, 21
"""Salts of lots."""
_KEPT = 1 << 15


class People:
    """Contacts have numbers, from 0 to `count`; all are older than `start` (Unix seconds)."""

    def __init__(self, lots: Lots, count: int, start: int, property_name: str | None, rates: Rates) -> None:
        self.count = count
        self._lots, self._start, self._property_name, self._rates = lots, start, property_name, rates
        self._known: dict[int, Contact] = {}

    def of(self, numbers: Integers) -> list[Contact]:
        """The contacts of these numbers; keeps some, as the same people get every newsletter."""
        wanted = numbers.tolist()
        missing = [number for number in wanted if number not in self._known]
        if len(self._known) + len(missing) > _KEPT:
            self._known.clear()
            missing = wanted
        if missing:
            self._known.update(zip(missing, self._make(np.array(missing, np.int64)), strict=True))
        return [self._known[number] for number in wanted]

    def ids(self, numbers: Integers) -> Integers:
        """The IDs of contacts."""
        return FIRST_ID + numbers * ID_STEP

    def _make(self, numbers: Integers) -> list[Contact]:
        lots = self._lots.draw(_PERSON, numbers)
        ages = DAY + bits(lots, 32, 31) % (300 * DAY)
        return [
            self._contact(number, lot, self._start - age)
            for number, lot, age in zip(numbers.tolist(), bits(lots, 0, 32).tolist(), ages.tolist(), strict=True)
        ]

    def _contact(self, number: int, lot: int, created_at: int) -> Contact:
        person = Person(FIRST[lot % 13], LAST[lot // 13 % 12], DOMAINS[lot // 156 % 4])
        first = person.first if lot // 624 % 5 else None
        properties = make_properties(number, self._property_name, first, bool(self._has_user_id[number]))
        return make_contact(
            number, person, created_at, properties, bool(self.erased[number]), bool(self.unlisted[number])
        )

    @cached_property
    def erased(self) -> Flags:
        """Of each contact, whether it was erased."""
        flags = self._flags(0, self._rates.erased)
        flags[:FIRST_PLAIN] = False
        flags[slice(ERASED[0], ERASED[-1] + 1)] = True
        return flags

    @cached_property
    def unlisted(self) -> Flags:
        """Of each contact, whether campaigns' listings miss it."""
        flags = self._flags(20, self._rates.unlisted)
        flags[UNLISTED : UNLISTED + 1] = True
        return flags

    @cached_property
    def _has_user_id(self) -> Flags:
        return self._flags(40, self._rates.with_user_id)

    def _flags(self, first_bit: int, share: float) -> Flags:
        lots = self._lots.draw(_FLAGS, np.arange(self.count))
        return bits(lots, first_bit, 20) < threshold(share, 20)
