"""A computed account as it is to be seen at one instant. Filters are arithmetic and bisections, not scans.

Only messages by a common status, and events by anything but time, are looked for one by one: in bulk, in arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mailjet_sandbox.account import EventFilter, Listed, MessageFilter, Statistics
from mailjet_sandbox.campaigns import Campaign
from mailjet_sandbox.computed_lives import BEFORE, OUTCOME, RANKS, key_of, rank_of
from mailjet_sandbox.computed_messages import MOST_DELAY_S
from mailjet_sandbox.computed_sequence import Computed
from mailjet_sandbox.event_index import packed_at, unpacked
from mailjet_sandbox.lots import Flags, Integers
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import Contact, contact_id, contact_number

if TYPE_CHECKING:
    from mailjet_sandbox.computed_account import ComputedAccount

_CHUNK = 1 << 16
_RARE = {"softbounced": "lost", "hardbounced": "lost", "blocked": "lost", "unsub": "unsub", "spam": "spam"}
_RARE |= dict.fromkeys(RANKS[:BEFORE], "waited") | {"bounce": "lost"}
"""Where the numbers of all messages are that can have a status."""


class ComputedView:
    """The account at `now` (Unix seconds)."""

    def __init__(self, account: ComputedAccount, now: int) -> None:
        self.account, self.now = account, now
        self._second = now - account.start

    def messages(self, wanted: MessageFilter) -> Computed[Message]:
        """Those that have arrived, in order of their IDs."""
        first, last = wanted.first - self.account.start, wanted.last - self.account.start
        if wanted.clock == "delivery":
            raise ValueError("a computed account lists messages by arrival or creation")
        late = 0 if wanted.clock == "arrival" else MOST_DELAY_S
        arrived_by = self.account.mail.timetable.arrived_by
        since, until = arrived_by(first - 1), arrived_by(min(last + late, self._second))
        found = self._candidates(wanted, since, until)
        tests = list(self._tests(wanted))
        if tests and len(found):
            chunks = [np.asarray(found[at : at + _CHUNK]) for at in range(0, len(found), _CHUNK)]
            found = np.concatenate([_passing(chunk, tests) for chunk in chunks]).astype(np.int32)
        return self.account.messages_of(found)

    def _candidates(self, wanted: MessageFilter, since: int, until: int) -> range | Integers:
        """A set of messages that holds all wanted ones, of numbers `since <= number < until`."""
        account, rare = self.account, _RARE.get(wanted.status or "")
        if wanted.custom_id is not None:
            numbers = np.array(_numbers_of(wanted.custom_id), np.int64)
        elif wanted.contact is not None:
            numbers = account.numbers_of_contact(wanted.contact)
        elif rare is not None or wanted.state:
            numbers = account.events.rare[rare or "lost"]
        elif wanted.campaign is not None:
            numbers = account.mail.of_campaign(wanted.campaign)
        else:
            return range(since, max(since, until))
        return numbers[np.searchsorted(numbers, since) : np.searchsorted(numbers, until)]

    def _tests(self, wanted: MessageFilter) -> Iterator[Callable[[Integers], Flags]]:
        account, bounds = self.account, (wanted.first - self.account.start, wanted.last - self.account.start)
        if wanted.clock == "creation":
            yield lambda numbers: _within(account.mail.created(numbers), *bounds)
        if wanted.campaign is not None:
            yield lambda numbers: account.mail.campaign_ids(numbers) == wanted.campaign
        if wanted.contact is not None:
            contact = contact_number(wanted.contact)
            yield lambda numbers: account.mail.timetable.sends(numbers).contact == contact
        if wanted.custom_id is not None:
            yield account.mail.give_custom_ids
        if wanted.status is not None:
            yield lambda numbers: self._shows(numbers, wanted.status)
        if wanted.state is not None:
            yield lambda numbers: self._has_state(numbers, wanted.state)

    def _shows(self, numbers: Integers, status: str | None) -> Flags:
        rank = RANKS.index(status) if status in RANKS else -1
        shows: Flags = rank_of(self.account.mail.live(numbers).latest(key_of(self._second + 1))) == rank
        return shows

    def _has_state(self, numbers: Integers, state: int | None) -> Flags:
        lives = self.account.mail.live(numbers)
        reached, has_state = lives.keys < key_of(self._second + 1), np.zeros(lives.keys.shape, np.int64)
        has_state[:, OUTCOME] = lives.states
        has: Flags = np.any(reached & (has_state == state), axis=1)
        return has

    def message(self, identity: int) -> Message | None:
        """A message by its ID, once it has arrived."""
        number = self.account.mail.number_of(identity)
        if number is None or number >= self.account.mail.timetable.arrived_by(self._second):
            return None
        return self.account.messages[number]

    def events(self, kind: Statistics, wanted: EventFilter) -> Computed[Listed]:
        """Those that have happened by now, in order of time."""
        index = self.account.events.index[kind]
        first, last = wanted.first - self.account.start, min(wanted.last - self.account.start, self._second)
        since, until = (int(np.searchsorted(index, packed_at(bound))) for bound in (max(0, first), max(0, last + 1)))
        if (wanted.campaigns, wanted.message, wanted.status) == (None, None, None):
            return self.account.listed_of(kind, range(since, max(since, until)))
        chunks = [np.arange(at, min(at + _CHUNK, until)) for at in range(since, until, _CHUNK)]
        passing = [places[self._are_wanted(index[places], wanted)] for places in chunks]
        return self.account.listed_of(kind, np.concatenate([np.zeros(0, np.int64), *passing]))

    def _are_wanted(self, packed: Integers, wanted: EventFilter) -> Flags:
        numbers, _ = unpacked(packed)
        passes = np.ones(len(numbers), np.bool_)
        if wanted.campaigns is not None:
            passes &= np.isin(self.account.mail.campaign_ids(numbers), list(wanted.campaigns))
        if wanted.message is not None:
            number = self.account.mail.number_of(wanted.message)
            passes &= numbers == (-1 if number is None else number)
        if wanted.status is not None:
            passes &= self._shows(numbers, wanted.status)
        return passes

    def contacts(self) -> Computed[Contact]:
        """All that were not erased."""
        return self.account.contacts_of(np.flatnonzero(~self.account.people.erased))

    def contact(self, identity: int) -> Contact | None:
        """A contact that was not erased."""
        number = contact_number(identity)
        known = 0 <= number < self.account.people.count and not self.account.people.erased[number]
        return self.account.contacts[number] if known else None

    def contact_of(self, email: str) -> Contact | None:
        """The same by its address, in whatever case."""
        digits = re.search(r"(\d{1,9})@", email)
        contact = self.contact(contact_id(int(digits[1]))) if digits else None
        return contact if contact and contact.email.lower() == email.lower() else None

    def targets(self, campaigns: Sequence[Campaign]) -> Computed[Contact]:
        """Whom the listings of these newsletters name: everybody, but for those that are erased or not listed."""
        listed = ~self.account.people.erased & ~self.account.people.unlisted if campaigns else np.zeros(0, np.bool_)
        return self.account.contacts_of(np.flatnonzero(listed))


def _numbers_of(custom_id: str) -> list[int]:
    digits = re.fullmatch(r"order-([0-9]{6,9})", custom_id)
    number = int(digits[1]) if digits else 0
    return [number] if custom_id == f"order-{number:06d}" else []


def _within(seconds: Integers, first: int, last: int) -> Flags:
    return (seconds >= first) & (seconds <= last)


def _passing(numbers: Integers, tests: Sequence[Callable[[Integers], Flags]]) -> Integers:
    for test in tests:
        numbers = numbers[test(numbers)]
    return numbers
