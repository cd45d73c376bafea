"""Looks up the surroundings of a batch of events. Objects that one feed has looked up serve the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from mailjet_events.event import Event
from mailjet_events.recipient import contacts_of, known_address, unsure_of
from mailjet_events.to_row import Surroundings, list_id_of
from mailjet_reading.lookups.contact_property import Property
from mailjet_reading.lookups.messages import Messages
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.sends import Wanted
from mailjet_reading.lookups.user_ids import user_id_directory
from mailjet_rest.client import Mailjet
from mailjet_rest.directory import Directory
from mailjet_rest.outcome import Row
from mailjet_rest.rows import (
    Agent,
    Campaign,
    Message,
    parse_agent,
    parse_campaign,
    parse_contact,
    parse_list,
)


class Lookups:
    """The look-ups of all feeds of a sync. `user_property` is None if nobody has a user id by a contact property.
    `proof_lasts`: as in `Directory`; False for whoever goes on looking up while contacts come.
    """

    def __init__(
        self,
        api: Mailjet,
        store: Store,
        pool: Executor,
        user_property: Property | None,
        *,
        proof_lasts: bool = True,
    ) -> None:
        self.messages = Messages(api, store, pool)
        self._campaigns = Directory(api, "campaign", _parse_campaign, pool)
        self._lists = Directory(api, "contactslist", parse_list, pool)
        self._agents = Directory(api, "useragent", _parse_agent, pool)
        self._addresses = Directory(
            api,
            "contact",
            _parse_address,
            pool,
            memory=store.addresses,
            listing_proves_absence=True,
            proof_lasts=proof_lasts,
        )
        self._user_ids = (
            user_id_directory(api, store, pool, user_property, proof_lasts=proof_lasts) if user_property else None
        )

    def look_up(self, events: Sequence[Event]) -> Surroundings:
        """The surroundings of these events. Raises `Failure` if Mailjet fails.

        Messages come first, because they name campaigns and contacts; campaigns are next, because they name lists.
        """
        messages = self._messages_of(events)
        campaign_ids = [event.campaign_id or _campaign_id(messages.get(event.email_id)) for event in events]
        campaigns = self._campaigns.look_up(_distinct(campaign_ids))
        people = _people(events, messages, campaign_ids)
        return Surroundings(
            messages=messages,
            campaigns=campaigns,
            lists=self._lists.look_up(_list_ids(events, campaign_ids, campaigns)),
            agents=self._agents.look_up(_agent_ids(events)),
            user_ids=self._user_ids_of(people),
            addresses=self._addresses.look_up(sorted(people.without_address)),
        )

    def _messages_of(self, events: Sequence[Event]) -> Mapping[str, Message]:
        """The messages of the events, by id. An event that brings its message costs no look-up."""
        wanted = [
            Wanted(event.email_id, event.contact_id, event.campaign_id, event.sent_at, event.kind)
            for event in events
            if not event.message
        ]
        brought = {event.email_id: event.message for event in events if event.message}
        return self.messages.look_up(wanted) | brought if wanted else brought

    def _user_ids_of(self, people: _People) -> Mapping[str, str | None]:
        """User ids by contact. The campaign of a contact is a group, which may be listed instead of its members."""
        if not self._user_ids:
            return {}
        groups = {contact: campaign for contact, campaign in people.campaigns.items() if campaign}
        return self._user_ids.look_up(sorted(people.campaigns), groups)


class _People(NamedTuple):
    """`campaigns`: each contact that an event may be about, with a campaign that it got, if one is known.
    `without_address`: the contacts whose address no message shows.
    """

    campaigns: dict[str, str | None]
    without_address: set[str]


def _people(events: Sequence[Event], messages: Mapping[str, Message], campaign_ids: Sequence[str | None]) -> _People:
    campaigns: dict[str, str | None] = {}
    without_address: set[str] = set()
    for event, campaign_id in zip(events, campaign_ids, strict=True):
        message = messages.get(event.email_id)
        contacts = contacts_of(message, event.contact_id)
        for contact in contacts:
            campaigns[contact] = campaign_id
        if unsure := unsure_of(message, contacts):
            without_address.update(unsure)
    return _People(campaigns, without_address)


def _campaign_id(message: Message | None) -> str | None:
    return message.campaign_id if message else None


def _list_ids(
    events: Sequence[Event], campaign_ids: Sequence[str | None], campaigns: Mapping[str, Campaign | None]
) -> list[str]:
    """The lists that the events are about; most kinds of event are about none."""
    return _distinct(
        list_id_of(event, campaigns.get(campaign_id) if campaign_id else None)
        for event, campaign_id in zip(events, campaign_ids, strict=True)
        if "list_id" in event.kind.own_columns
    )


def _agent_ids(events: Sequence[Event]) -> list[str]:
    """The agents of those events that have columns for them."""
    return _distinct(event.agent_id for event in events if "is_bot" in event.kind.own_columns)


def _distinct(ids: Iterable[str | None]) -> list[str]:
    """Each id once, in an order that does not depend on the order of events: so requests are the same each time."""
    return sorted({key for key in ids if key})


def _parse_campaign(row: Row) -> tuple[str, Campaign]:
    campaign = parse_campaign(row)
    return campaign.campaign_id, campaign


def _parse_agent(row: Row) -> tuple[str, Agent]:
    agent = parse_agent(row)
    return agent.agent_id, agent


def _parse_address(row: Row) -> tuple[str, str | None]:
    contact_id, address = parse_contact(row)
    return contact_id, known_address(address)
