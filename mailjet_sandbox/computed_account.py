"""A made-up Mailjet account of any size, computed rather than held: newsletters to all contacts, and single messages.

Every message is a function of the seed and its number. What is kept in memory is an integer for each open, click and
bounce in order of time (8 bytes), and the numbers of the few messages that waited, bounced, unsubscribed or complained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import numpy as np

from mailjet_sandbox.account import Listed, Statistics
from mailjet_sandbox.campaigns import LISTS, SENDING_S, Campaign, ContactsList, plan_campaigns
from mailjet_sandbox.clock import DEFAULT_NOW
from mailjet_sandbox.computed_lives import Chances
from mailjet_sandbox.computed_messages import Messages
from mailjet_sandbox.computed_people import People
from mailjet_sandbox.computed_sequence import Computed
from mailjet_sandbox.computed_view import ComputedView
from mailjet_sandbox.event_index import EventIndex
from mailjet_sandbox.lives import DAY, HOUR, Event
from mailjet_sandbox.lots import Integers, Lots
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import Contact, contact_number, stored_spelling
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.timetable import Timetable

NEWSLETTER_RATES = Rates(
    opened=0.497,
    clicked=0.0955,
    bounced=0.018,
    late=0.0072,
    unsubscribed=0.0011,
    spam=0.00011,
    erased=0.002,
    unlisted=0.01,
)
"""By the end of 60 days, per 100 messages: 47 opens, 9 clicks, 2 bounces, 0.5 delivered late, 0.1 unsubscribes, 0.01
complaints."""

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
        self.start = start
        self.property_name = stored_spelling(user_id_property) if user_id_property else None
        lots, seconds = Lots(seed), int(days * DAY)
        sends_at = _send_times(newsletters_per_week, seconds)
        self.campaigns = plan_campaigns(start, start + seconds, [start + at for at in sends_at])
        timetable = Timetable(seconds, [(at, SENDING_S) for at in sends_at], contacts, singles_per_day)
        self.people = People(lots, contacts, start, self.property_name, rates)
        self.mail = Messages(lots, Chances(lots, rates), timetable, self.campaigns, self.people, start)
        self.events = EventIndex(self.mail)
        self._view = ComputedView(self, start)

    @cached_property
    def campaign_by_id(self) -> Mapping[int, Campaign]:
        """Of those that are not deleted."""
        return {campaign.id: campaign for campaign in self.campaigns if not campaign.deleted}

    @cached_property
    def list_by_id(self) -> Mapping[int, ContactsList]:
        """Of those that are not deleted."""
        return {contact_list.id: contact_list for contact_list in self.lists if not contact_list.deleted}

    @property
    def messages(self) -> Computed[Message]:
        """All of them, in order of their IDs and of arrival."""
        return self.messages_of(range(self.mail.timetable.total))

    @property
    def contacts(self) -> Computed[Contact]:
        """All of them, in order of their IDs."""
        return self.contacts_of(range(self.people.count))

    @property
    def messages_by_campaign(self) -> Mapping[int, Computed[Message]]:
        """The messages of each campaign."""
        return {campaign.id: self.messages_of(self.mail.of_campaign(campaign.id)) for campaign in self.campaigns}

    @property
    def opens(self) -> Computed[Listed]:
        """All that ever happen, in order of time; so for clicks and bounces."""
        return self.listed_of("opens", range(len(self.events.index["opens"])))

    @property
    def clicks(self) -> Computed[Listed]:
        return self.listed_of("clicks", range(len(self.events.index["clicks"])))

    @property
    def bounces(self) -> Computed[Listed]:
        """Also what Mailjet refused to send."""
        return self.listed_of("bounces", range(len(self.events.index["bounces"])))

    def message_count(self, contact: Contact) -> int:
        """How many messages a contact ever gets."""
        return self.mail.timetable.count_of_contact(contact_number(contact.id))

    def listed_at(self, message: Message, event: Event) -> int:
        """When REST lists an event: at once."""
        return event.at

    def at(self, now: int) -> ComputedView:
        """What is to be seen of it at `now` (Unix seconds)."""
        if self._view.now != now:
            self._view = ComputedView(self, now)
        return self._view

    def messages_of(self, numbers: range | Integers) -> Computed[Message]:
        """The messages of these numbers."""
        return Computed(numbers, self.mail.make, self.mail.write)

    def contacts_of(self, numbers: range | Integers) -> Computed[Contact]:
        """The contacts of these numbers."""
        return Computed(numbers, self.people.of)

    def listed_of(self, kind: Statistics, places: range | Integers) -> Computed[Listed]:
        """The opens, clicks or bounces at these places of the index."""
        write = {"opens": self.events.write_opens, "clicks": self.events.write_clicks}.get(kind)
        order = "ID" if kind == "clicks" else ""
        return Computed(places, lambda few: self.events.make(kind, few), write, order)

    def numbers_of_contact(self, identity: int) -> Integers:
        """The numbers of the messages to a contact, in order; none where there is no such contact."""
        contact = contact_number(identity)
        known = 0 <= contact < self.people.count
        return self.mail.timetable.of_contact(contact) if known else np.zeros(0, np.int64)


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
    newsletters = len(_send_times(3, int(days * DAY)))
    contacts = max(1, round(messages * (1 - _SINGLE) / max(1, newsletters)))
    start = int(now.timestamp()) - int(days * DAY)
    singles_per_day = messages * _SINGLE / days
    return ComputedAccount(seed, start, days + days_ahead, contacts, 3, singles_per_day, rates, user_id_property)


def _send_times(per_week: int, seconds: int) -> list[int]:
    """Seconds after the account's start: at 9 o'clock, of days spread over the week."""
    weeks = range(seconds // (7 * DAY) + 1)
    times = [week * 7 * DAY + place * 7 // per_week * DAY + 9 * HOUR for week in weeks for place in range(per_week)]
    return [at for at in times if at + SENDING_S <= seconds]
