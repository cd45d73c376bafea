"""The messages of a computed account, by their numbers: what they are, their lives, and their rows, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mailjet_sandbox.campaigns import Campaign
from mailjet_sandbox.computed_lives import DEFERRED, OUTCOME, RANKS, Chances, Lives, key_of, rank_of, slot_of
from mailjet_sandbox.computed_people import People
from mailjet_sandbox.lives import Event
from mailjet_sandbox.lots import Flags, Integers, Lots, bits
from mailjet_sandbox.messages import Message, contact_alt, custom_id, subject_for
from mailjet_sandbox.query import Query
from mailjet_sandbox.rows import Row, message_writer
from mailjet_sandbox.timetable import Sends, Timetable

_MESSAGE, _UUID = 22, 23
"""Salts of lots."""
_FIRST_ID, _ID_STEP = 1_152_921_510_139_450_367, 4_096
MOST_DELAY_S = 24
"""Between the creation and the arrival of a message."""


class Messages:
    """The messages of a timetable whose newsletters are the campaigns after the transactional ones."""

    def __init__(
        self,
        lots: Lots,
        chances: Chances,
        timetable: Timetable,
        campaigns: Sequence[Campaign],
        people: People,
        start: int,
    ) -> None:
        self._lots, self._chances, self._people, self._start = lots, chances, people, start
        self.timetable, self._campaigns = timetable, campaigns
        self._transactional = len([campaign for campaign in campaigns if campaign.transactional])
        self._tracked = np.array([campaign.tracked for campaign in campaigns])
        self._campaign_ids = np.array([campaign.id for campaign in campaigns])
        self._custom = np.array([campaign.gives_custom_ids for campaign in campaigns])

    def number_of(self, identity: int) -> int | None:
        """The number of the message with an ID."""
        number = (identity - _FIRST_ID) // _ID_STEP
        known = 0 <= number < self.timetable.total
        return number if known and self.ids(np.array([number]))[0] == identity else None

    def ids(self, numbers: Integers) -> Integers:
        """Their IDs, which grow with time."""
        return _FIRST_ID + numbers * _ID_STEP + bits(self._lots.draw(_MESSAGE, numbers), 0, 12) % 4_000

    def campaign_ids(self, numbers: Integers) -> Integers:
        """The IDs of their campaigns."""
        ids: Integers = self._campaign_ids[self._places(numbers, self.timetable.sends(numbers))]
        return ids

    def give_custom_ids(self, numbers: Integers) -> Flags:
        """Whether they have a CustomID."""
        given: Flags = self._custom[self._places(numbers, self.timetable.sends(numbers))]
        return given

    def created(self, numbers: Integers) -> Integers:
        """When they were created, in seconds from the account's start on: up to `MOST_DELAY_S` before they arrived."""
        return self._created(numbers, self.timetable.sends(numbers))

    def of_campaign(self, identity: int) -> Integers:
        """The numbers of a campaign's messages, in order; none where there is no such campaign."""
        place = next((place for place, campaign in enumerate(self._campaigns) if campaign.id == identity), None)
        if place is None:
            return np.zeros(0, np.int64)
        if place >= self._transactional:
            return self.timetable.of_newsletter(place - self._transactional)
        singles = self.timetable.of_singles()
        chosen: Integers = singles[self._single_places(singles) == place]
        return chosen

    def live(self, numbers: Integers) -> Lives:
        """Their lives, in seconds from the account's start on."""
        sends = self.timetable.sends(numbers)
        return self._chances.live(numbers, sends.arrived, self._tracked[self._places(numbers, sends)])

    def make(self, numbers: Integers) -> list[Message]:
        """The messages themselves."""
        sends = self.timetable.sends(numbers)
        places = self._places(numbers, sends)
        lives = self._chances.live(numbers, sends.arrived, self._tracked[places])
        events = self._chances.events(lives, numbers, self._start)
        return list(map(Message, *self._columns(numbers, sends, places), events))

    def write(self, numbers: Integers, query: Query) -> list[Row]:
        """Their rows, as `rows.message_row` writes those of the messages themselves."""
        sends = self.timetable.sends(numbers)
        places = self._places(numbers, sends)
        lives = self._chances.live(numbers, sends.arrived, self._tracked[places])
        until = key_of(query.view.now - self._start + 1)
        latest = lives.latest(until)
        states = np.where((latest > 0) & (slot_of(latest) == OUTCOME), lives.states, 0)
        return list(
            map(
                message_writer(query),
                *self._columns(numbers, sends, places),
                [RANKS[rank] for rank in rank_of(latest).tolist()],
                states.tolist(),
                (lives.keys[:, DEFERRED] < until).astype(np.int64).tolist(),
            )
        )

    def events_at(self, numbers: Integers, slots: Integers) -> list[Event]:
        """The event in a slot of each message."""
        lives = self.live(numbers)
        keys = lives.keys[np.arange(len(numbers)), slots]
        return self._chances.make_events(keys, numbers, lives.states, lives.blocked, self._start)

    def relations(self, numbers: Integers) -> Sequence[Sequence[int]]:
        """ID, arrival, ID of the campaign and of the contact, a column each."""
        sends = self.timetable.sends(numbers)
        campaigns = self._campaign_ids[self._places(numbers, sends)]
        contacts = self._people.ids(sends.contact)
        return [column.tolist() for column in (self.ids(numbers), sends.arrived + self._start, campaigns, contacts)]

    def _columns(self, numbers: Integers, sends: Sends, places: Integers) -> Sequence[Sequence[Any]]:
        """The fields of `Message` but for its events, a column each."""
        contacts, campaigns = self._people.of(sends.contact), [self._campaigns[place] for place in places.tolist()]
        arrived, plain = sends.arrived + self._start, numbers.tolist()
        return (
            self.ids(numbers).tolist(),
            (self._created(numbers, sends) + self._start).tolist(),
            arrived.tolist(),
            contacts,
            campaigns,
            list(map(contact_alt, plain, contacts)),
            list(map(custom_id, plain, campaigns)),
            list(map(subject_for, plain, campaigns, contacts)),
            self._uuids(numbers),
            self._tracked[places].tolist(),
        )

    def _uuids(self, numbers: Integers) -> list[str]:
        first, second = (self._lots.draw(_UUID, half).tobytes().hex() for half in (numbers, ~numbers))
        return [
            f"{first[at : at + 8]}-{first[at + 8 : at + 12]}-4{first[at + 13 : at + 16]}"
            f"-8{second[at + 1 : at + 4]}-{second[at + 4 : at + 16]}"
            for at in range(0, len(first), 16)
        ]

    def _created(self, numbers: Integers, sends: Sends) -> Integers:
        delays = bits(self._lots.draw(_MESSAGE, numbers), 16, 20) % (MOST_DELAY_S + 1)
        created: Integers = np.maximum(0, sends.arrived - delays)
        return created

    def _places(self, numbers: Integers, sends: Sends) -> Integers:
        """The place of their campaigns among all."""
        return np.where(sends.newsletter < 0, self._single_places(numbers), sends.newsletter + self._transactional)

    def _single_places(self, numbers: Integers) -> Integers:
        return bits(self._lots.draw(_MESSAGE, numbers), 40, 20) % self._transactional
