"""A made-up Mailjet account in memory: the same for the same seed, consistent across all that the API tells of it.

Full of what is hard to read rightly; for millions of messages there is `computed_account`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from mailjet_sandbox.account import Listed
from mailjet_sandbox.campaigns import LISTS, Campaign, ContactsList, make_campaigns
from mailjet_sandbox.lives import DAY, Event
from mailjet_sandbox.messages import Message, hard_lives, make_messages
from mailjet_sandbox.people import Contact, make_contacts, stored_spelling
from mailjet_sandbox.plants import at_mailboxes, plant
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.snapshot import Snapshot, Snapshots


@dataclass(frozen=True)
class HeldAccount:
    """An account whose every object is in memory; `listing_lag_s`: see `listed_at`."""

    start: int
    contacts: Sequence[Contact]
    campaigns: Sequence[Campaign]
    lists: Sequence[ContactsList]
    messages: Sequence[Message]
    property_name: str | None
    listing_lag_s: int = 0

    @cached_property
    def message_by_id(self) -> dict[int, Message]:
        return {message.id: message for message in self.messages}

    @cached_property
    def contact_by_id(self) -> dict[int, Contact]:
        """Of those that are not erased."""
        return {contact.id: contact for contact in self.contacts if not contact.erased}

    @cached_property
    def contact_by_email(self) -> dict[str, Contact]:
        """By address in lower case, of those that are not erased."""
        return {contact.email.lower(): contact for contact in self.contacts if not contact.erased}

    @cached_property
    def campaign_by_id(self) -> dict[int, Campaign]:
        """Of those that are not deleted."""
        return {campaign.id: campaign for campaign in self.campaigns if not campaign.deleted}

    @cached_property
    def list_by_id(self) -> dict[int, ContactsList]:
        """Of those that are not deleted."""
        return {contact_list.id: contact_list for contact_list in self.lists if not contact_list.deleted}

    @cached_property
    def messages_by_arrival(self) -> list[Message]:
        return sorted(self.messages, key=lambda message: (message.arrived_at, message.id))

    @cached_property
    def messages_by_campaign(self) -> dict[int, list[Message]]:
        grouped: dict[int, list[Message]] = {campaign.id: [] for campaign in self.campaigns}
        for message in self.messages:
            grouped[message.campaign.id].append(message)
        return grouped

    @cached_property
    def messages_by_contact(self) -> dict[int, list[Message]]:
        grouped: dict[int, list[Message]] = {contact.id: [] for contact in self.contacts}
        for message in self.messages:
            grouped[message.contact.id].append(message)
        return grouped

    @cached_property
    def opens(self) -> list[Listed]:
        return self._listed("opened")

    @cached_property
    def clicks(self) -> list[Listed]:
        return self._listed("clicked")

    @cached_property
    def bounces(self) -> list[Listed]:
        """Every row of `bouncestatistics`: also what Mailjet refused to send."""
        return self._listed("softbounced", "hardbounced", "blocked")

    @cached_property
    def turns(self) -> list[int]:
        """All instants at which anything changes, in order."""
        instants = {message.arrived_at for message in self.messages}
        instants.update(event.at for message in self.messages for event in message.events)
        instants.update(listed.listed_at for group in (self.opens, self.clicks, self.bounces) for listed in group)
        instants.update(campaign.send_start_at for campaign in self.campaigns)
        return sorted(instants)

    @cached_property
    def _snapshots(self) -> Snapshots:
        return Snapshots(self)

    def at(self, now: int) -> Snapshot:
        """What is to be seen of it at `now` (Unix seconds)."""
        return self._snapshots.at(now)

    def change_contacts(self, gone: Sequence[Contact] = (), come: Sequence[Contact] = ()) -> None:
        """From now on contacts are in no listing and 404, and new ones are there, in order of their IDs.

        What happened to their messages stays as it was.
        """
        for contact in gone:
            del self.contact_by_id[contact.id], self.contact_by_email[contact.email.lower()]
        for contact in come:
            self.contact_by_id[contact.id] = self.contact_by_email[contact.email.lower()] = contact
        in_order = sorted(self.contact_by_id.items())
        self.contact_by_id.clear()
        self.contact_by_id.update(in_order)
        self._snapshots.forget()

    def message_count(self, contact: Contact) -> int:
        """How many messages a contact ever gets."""
        return len(self.messages_by_contact[contact.id])

    def listed_at(self, message: Message, event: Event) -> int:
        """When REST lists the event: at once, but for every tenth message's where the account has a lag."""
        late = message.id % 10 == 3
        return event.at + (1 + (message.id + event.at) % self.listing_lag_s if late and self.listing_lag_s else 0)

    def _listed(self, *statuses: str) -> list[Listed]:
        found = [(event.at, message, event) for message in self.messages for event in message.events]
        found = sorted(
            (entry for entry in found if entry[2].status in statuses), key=lambda entry: (entry[0], entry[1].id)
        )
        return [
            Listed(900_000_001 + place * 2, message, event, self.listed_at(message, event))
            for place, (_, message, event) in enumerate(found)
        ]


def make_account(
    seed: int,
    start: int,
    days: float,
    messages: int,
    contacts: int | None = None,
    rates: Rates | None = None,
    user_id_property: str | None = "userId",
    tracked: bool = True,
    hard_cases: bool = True,
    listing_lag_s: int = 0,
    planted: bool = False,
) -> HeldAccount:
    """An account whose messages are sent from `start` (Unix seconds) on, for `days`.

    `user_id_property` is what people call the property; the account spells it in a case of its own. `listing_lag_s`: a
    tenth of the opens, clicks and bounces is listed up to that much later than it happened. `planted`: with `plants`.
    """
    rng, rates, seconds = Random(seed), rates or Rates(), int(days * DAY)
    count = contacts if contacts is not None else max(20, messages // 4)
    property_name = stored_spelling(user_id_property) if user_id_property else None
    people = make_contacts(rng, count, start, property_name, rates)
    if planted:
        people = at_mailboxes(seed, people)
    newsletters = max(6, int(days) // 3) if rates.transactional < 1 else 0
    campaigns = make_campaigns(rng, start, seconds - 60, newsletters, tracked)
    span = (start, start + seconds - 60)
    sent = make_messages(rng, messages, span, campaigns, people, rates, tracked, hard_cases)
    if planted:
        plant(seed, sent, hard_lives(messages) if hard_cases else ())
    return HeldAccount(start, people, campaigns, LISTS, sent, property_name, listing_lag_s)
