"""A made-up Mailjet account of any size, computed rather than held: newsletters to all contacts, and single messages.

Every message is a function of the seed and its number. What is kept in memory is an integer for each open, click and
bounce in order of time (8 bytes), and the numbers of the few messages that waited, bounced, unsubscribed or complained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache

import numpy as np

from mailjet_sandbox.account import Listed, Statistics
from mailjet_sandbox.campaigns import LISTS, SENDING_S, Campaign, ContactsList, plan_campaigns
from mailjet_sandbox.clock import DEFAULT_NOW
from mailjet_sandbox.computed_lives import (
    BEFORE,
    CLICK,
    DEFERRED,
    NEVER,
    OPEN,
    OUTCOME,
    QUEUED,
    SPAM,
    UNSUB,
    Chances,
    Lives,
    rank_of,
)
from mailjet_sandbox.computed_sequence import Computed
from mailjet_sandbox.computed_view import ComputedView
from mailjet_sandbox.event_index import in_order, packed, unpacked
from mailjet_sandbox.lives import DAY, HOUR, Event
from mailjet_sandbox.lots import Flags, Integers, Lots, bits, threshold
from mailjet_sandbox.messages import Message, contact_alt, custom_id, subject_for
from mailjet_sandbox.people import (
    DOMAINS,
    ERASED,
    FIRST,
    FIRST_PLAIN,
    LAST,
    UNLISTED,
    Contact,
    Person,
    contact_number,
    make_contact,
    make_properties,
    stored_spelling,
)
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.timetable import Sends, Timetable

NEWSLETTER_RATES = Rates(
    opened=0.4885, clicked=0.0937, bounced=0.018, late=0.0072, preblocked=0.002, erased=0.002, unlisted=0.01
)
"""Per 100 messages: 47 opens, 9 clicks, 2 bounces, 0.5 delivered late, 0.1 unsubscribes, 0.01 complaints."""

_FIRST_ID = 1_152_921_510_139_450_367
_ID_STEP = 4_096
_CHUNK = 1 << 17
_FLAGS, _PERSON, _MESSAGE, _UUID = 20, 21, 22, 23
"""Salts of lots."""
_CONTACTS_KEPT = 1 << 15
_SINGLE = 30_000 / 550_000
"""The share of messages that belong to no newsletter."""


class ComputedAccount:
    """An account of `contacts` who get `newsletters_per_week` each, at 9 o'clock, and of single messages.

    It begins at `start` (Unix seconds) and lasts `days`; `rates.transactional` has no meaning here.
    """

    lists: Sequence[ContactsList] = LISTS

    def __init__(
        self,
        seed: int,
        start: int,
        days: float,
        contacts: int = 20_000,
        newsletters_per_week: int = 3,
        singles_per_day: float = 500,
        rates: Rates = NEWSLETTER_RATES,
        user_id_property: str | None = "userId",
    ) -> None:
        self.start, self.rates, self.contact_count = start, rates, contacts
        self.property_name = stored_spelling(user_id_property) if user_id_property else None
        self._lots = Lots(seed)
        self._chances = Chances(self._lots, rates)
        seconds = int(days * DAY)
        sends_at = [at for at in _send_times(newsletters_per_week, seconds) if at + SENDING_S <= seconds]
        self.campaigns = plan_campaigns(start, start + seconds, [start + at for at in sends_at])
        self.newsletters = [each for each in self.campaigns if not each.transactional]
        self._singles = [each for each in self.campaigns if each.transactional]
        self.timetable = Timetable(seconds, [(at, SENDING_S) for at in sends_at], contacts, singles_per_day)
        self.contact = lru_cache(_CONTACTS_KEPT)(self._contact)
        self._tracked = np.array([each.tracked for each in self.campaigns])
        self._fill_index()

    @cached_property
    def campaign_by_id(self) -> Mapping[int, Campaign]:
        """Of those that are not deleted."""
        return {campaign.id: campaign for campaign in self.campaigns if not campaign.deleted}

    @cached_property
    def list_by_id(self) -> Mapping[int, ContactsList]:
        """Of those that are not deleted."""
        return {each.id: each for each in self.lists if not each.deleted}

    @property
    def messages(self) -> Computed[Message]:
        """All of them, in order of their IDs and of arrival."""
        return self.messages_of(range(self.timetable.total))

    @property
    def contacts(self) -> Computed[Contact]:
        """All of them, in order of their IDs."""
        return self.contacts_of(range(self.contact_count))

    @property
    def messages_by_campaign(self) -> Mapping[int, Computed[Message]]:
        """The messages of each campaign."""
        return {each.id: self.messages_of(self.numbers_of_campaign(each.id)) for each in self.campaigns}

    @property
    def opens(self) -> Computed[Listed]:
        """All that ever happen, in order of time; so for clicks and bounces."""
        return self.listed_of("opens", range(len(self.index["opens"])))

    @property
    def clicks(self) -> Computed[Listed]:
        return self.listed_of("clicks", range(len(self.index["clicks"])))

    @property
    def bounces(self) -> Computed[Listed]:
        """Also what Mailjet refused to send."""
        return self.listed_of("bounces", range(len(self.index["bounces"])))

    def message_count(self, contact: Contact) -> int:
        """How many messages a contact ever gets."""
        return self.timetable.count_of_contact(contact_number(contact.id))

    def listed_at(self, message: Message, event: Event) -> int:
        """When REST lists an event: at once."""
        return event.at

    def at(self, now: int) -> ComputedView:
        """What is to be seen of it at `now` (Unix seconds)."""
        if self._view is None or self._view.now != now:
            self._view = ComputedView(self, now)
        return self._view

    _view: ComputedView | None = None

    def messages_of(self, numbers: range | Integers) -> Computed[Message]:
        """The messages of these numbers."""
        return Computed(numbers, self._make_messages)

    def contacts_of(self, numbers: range | Integers) -> Computed[Contact]:
        """The contacts of these numbers."""
        return Computed(numbers, lambda few: [self.contact(number) for number in few.tolist()])

    def listed_of(self, kind: Statistics, places: range | Integers) -> Computed[Listed]:
        """The opens, clicks or bounces at these places of the index."""
        return Computed(places, lambda few: self._make_listed(kind, few), "ID" if kind == "clicks" else "")

    def number_of(self, identity: int) -> int | None:
        """The number of the message with an ID."""
        number = (identity - _FIRST_ID) // _ID_STEP
        known = 0 <= number < self.timetable.total
        return number if known and self._ids(np.array([number]))[0] == identity else None

    def numbers_of_campaign(self, campaign: int) -> Integers:
        """The numbers of a campaign's messages, in order; none where there is no such campaign."""
        place = next((place for place, each in enumerate(self.campaigns) if each.id == campaign), None)
        if place is None:
            return np.zeros(0, np.int64)
        if place >= len(self._singles):
            return self.timetable.of_newsletter(place - len(self._singles))
        singles = self.timetable.of_singles()
        chosen: Integers = singles[self._single_campaigns(singles) == place]
        return chosen

    def numbers_of_contact(self, identity: int) -> Integers:
        """The numbers of the messages to a contact, in order; none where there is no such contact."""
        contact = contact_number(identity)
        known = 0 <= contact < self.contact_count
        return self.timetable.of_contact(contact) if known else np.zeros(0, np.int64)

    def campaign_ids_of(self, numbers: Integers) -> Integers:
        """The ID of each message's campaign."""
        places = self._campaigns_of(numbers, self.timetable.sends(numbers).newsletter)
        return np.array([each.id for each in self.campaigns])[places]

    def gives_custom_ids(self, numbers: Integers) -> Flags:
        """Whether each message has a CustomID."""
        places = self._campaigns_of(numbers, self.timetable.sends(numbers).newsletter)
        gives: Flags = np.array([each.gives_custom_ids for each in self.campaigns])[places]
        return gives

    def delays(self, numbers: Integers) -> Integers:
        """How many seconds passed between each message's creation and its arrival."""
        return bits(self._lots.draw(_MESSAGE, numbers), 16, 20) % 25

    def live(self, numbers: Integers) -> Lives:
        """The lives of messages, in seconds from the account's start on."""
        sends = self.timetable.sends(numbers)
        return self._chances.live(numbers, sends.arrived, self._tracked[self._campaigns_of(numbers, sends.newsletter)])

    def _campaigns_of(self, numbers: Integers, newsletter: Integers) -> Integers:
        return np.where(newsletter < 0, self._single_campaigns(numbers), newsletter + len(self._singles))

    def _single_campaigns(self, numbers: Integers) -> Integers:
        return bits(self._lots.draw(_MESSAGE, numbers), 40, 20) % len(self._singles)

    def _ids(self, numbers: Integers) -> Integers:
        return _FIRST_ID + numbers * _ID_STEP + bits(self._lots.draw(_MESSAGE, numbers), 0, 12) % 4_000

    def _fill_index(self) -> None:
        found: dict[str, list[Integers]] = {}
        for since in range(0, self.timetable.total, _CHUNK):
            numbers = np.arange(since, min(since + _CHUNK, self.timetable.total))
            lives = self.live(numbers)
            waits = (lives.keys[:, QUEUED] < NEVER) | (lives.keys[:, DEFERRED] < NEVER)
            waits |= lives.keys[:, OUTCOME] >> 8 > self.timetable.sends(numbers).arrived
            lost = rank_of(lives.keys[:, OUTCOME]) > BEFORE
            for name, chosen in (
                ("waited", waits),
                ("lost", lost),
                ("unsub", lives.keys[:, UNSUB] < NEVER),
                ("spam", lives.keys[:, SPAM] < NEVER),
            ):
                found.setdefault(name, []).append(numbers[chosen].astype(np.int32))
            for name, slots in (("opens", range(OPEN, CLICK)), ("clicks", range(CLICK, UNSUB))):
                for slot in slots:
                    found.setdefault(name, []).append(packed(lives.keys[:, slot], numbers, slot))
            found.setdefault("bounces", []).append(packed(lives.keys[lost, OUTCOME], numbers[lost], OUTCOME))
        self.rare = {name: np.concatenate(found[name]) for name in ("waited", "lost", "unsub", "spam")}
        """The numbers of the messages that waited, bounced or were refused, unsubscribed, complained."""
        self.index: dict[Statistics, Integers] = {
            "opens": in_order(found.pop("opens")),
            "clicks": in_order(found.pop("clicks")),
            "bounces": in_order(found.pop("bounces")),
        }
        """Opens, clicks and bounces in order of time; see `event_index`."""

    def _make_messages(self, numbers: Integers) -> list[Message]:
        sends = self.timetable.sends(numbers)
        places = self._campaigns_of(numbers, sends.newsletter)
        lives = self._chances.live(numbers, sends.arrived, self._tracked[places])
        return self._compose(numbers, sends, places, self._chances.events(lives, numbers, self.start))

    def _compose(
        self, numbers: Integers, sends: Sends, places: Integers, events: Sequence[list[Event]]
    ) -> list[Message]:
        contacts = [self.contact(number) for number in sends.contact.tolist()]
        campaigns = [self.campaigns[place] for place in places.tolist()]
        arrived, plain = sends.arrived + self.start, numbers.tolist()
        return list(
            map(
                Message,
                self._ids(numbers).tolist(),
                (arrived - self.delays(numbers)).tolist(),
                arrived.tolist(),
                contacts,
                campaigns,
                map(contact_alt, plain, contacts),
                map(custom_id, plain, campaigns),
                map(subject_for, plain, campaigns, contacts),
                map(_uuid, plain, self._lots.draw(_UUID, numbers).tolist()),
                self._tracked[places].tolist(),
                events,
            )
        )

    def _make_listed(self, kind: Statistics, places: Integers) -> list[Listed]:
        numbers, slots = unpacked(self.index[kind][places])
        lives = self.live(numbers)
        keys = lives.keys[np.arange(len(numbers)), slots]
        events = self._chances.make_events(keys, numbers, lives.states, lives.blocked, self.start)
        return [
            Listed(900_000_001 + place * 2, message, event, event.at)
            for place, message, event in zip(places.tolist(), self._make_messages(numbers), events, strict=True)
        ]

    def _contact(self, number: int) -> Contact:
        lot = int(self._lots.draw(_PERSON, np.array([number]))[0])
        person = Person(FIRST[lot % 13], LAST[lot // 13 % 12], DOMAINS[lot // 156 % 4])
        first = person.first if lot // 624 % 5 else None
        return make_contact(
            number,
            person,
            self.start - DAY - (lot >> 32) % (300 * DAY),
            make_properties(number, self.property_name, first, bool(self._has_user_id[number])),
            bool(self.erased[number]),
            bool(self.unlisted[number]),
        )

    @cached_property
    def erased(self) -> Flags:
        """Of each contact, whether it was erased."""
        flags = self._flags(0, self.rates.erased)
        flags[:FIRST_PLAIN] = False
        flags[list(ERASED)] = True
        return flags

    @cached_property
    def unlisted(self) -> Flags:
        """Of each contact, whether campaigns' listings miss it."""
        flags = self._flags(20, self.rates.unlisted)
        flags[UNLISTED] = True
        return flags

    @cached_property
    def _has_user_id(self) -> Flags:
        return self._flags(40, self.rates.with_user_id)

    def _flags(self, first_bit: int, share: float) -> Flags:
        lots = self._lots.draw(_FLAGS, np.arange(self.contact_count))
        return bits(lots, first_bit, 20) < threshold(share, 20)


def newsletter_account(
    messages: int = 550_000,
    seed: int = 1,
    days: float = 60,
    days_ahead: float = 30,
    now: datetime = DEFAULT_NOW,
    rates: Rates = NEWSLETTER_RATES,
    user_id_property: str | None = "userId",
) -> ComputedAccount:
    """An account that has sent about so many messages in the `days` before `now`, and goes on for `days_ahead`.

    550,000 in 60 days are three newsletters a week to 20,000 contacts and 500 single messages a day; with more or
    fewer messages there are more or fewer contacts and single messages.
    """
    newsletters = len([at for at in _send_times(3, int(days * DAY)) if at + SENDING_S <= days * DAY])
    contacts = max(1, round(messages * (1 - _SINGLE) / max(1, newsletters)))
    start = int(now.timestamp()) - int(days * DAY)
    singles_per_day = messages * _SINGLE / days
    return ComputedAccount(seed, start, days + days_ahead, contacts, 3, singles_per_day, rates, user_id_property)


def _send_times(per_week: int, seconds: int) -> list[int]:
    """Seconds after the account's start: at 9 o'clock, of days spread over the week."""
    weeks = range(seconds // (7 * DAY) + 1)
    return [week * 7 * DAY + place * 7 // per_week * DAY + 9 * HOUR for week in weeks for place in range(per_week)]


def _uuid(number: int, lot: int) -> str:
    return f"{number:08x}-{lot & 0xFFFF:04x}-4{lot >> 16 & 0xFFF:03x}-8{lot >> 28 & 0xFFF:03x}-{lot >> 16:012x}"
