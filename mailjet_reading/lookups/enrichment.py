"""Looks up what surrounds a batch of events and makes their rows. What one feed has learned serves the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timezone

from mailjet_events.event import Event
from mailjet_events.recipient import contacts_of, known_address, unsure_of
from mailjet_events.to_call import Surroundings, list_id_of, to_track_call
from mailjet_reading.config import Config
from mailjet_reading.limits import ROWS_AT_ONCE
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
from segment_events.kinds import UNSUBSCRIBED
from segment_events.row import to_row


class Enrichment:
    """Makes rows of events, for all feeds of a sync. `user_property` is None where nobody has a user id by
    property. `proof_lasts`: as in `Directory`; False for whoever goes on looking up while contacts come.
    """

    def __init__(
        self,
        config: Config,
        api: Mailjet,
        store: Store,
        pool: Executor,
        user_property: Property | None,
        read_at: int,
        *,
        proof_lasts: bool = True,
    ) -> None:
        self._config = config
        self._read_at = datetime.fromtimestamp(read_at, timezone.utc)
        self.messages = Messages(api, store, pool)
        self._campaigns = Directory(api, "campaign", _campaign, pool)
        self._lists = Directory(api, "contactslist", _list, pool)
        self._agents = Directory(api, "useragent", _agent, pool)
        self._addresses = Directory(
            api,
            "contact",
            _address,
            pool,
            memory=store.addresses,
            listing_proves_absence=True,
            proof_lasts=proof_lasts,
        )
        self._user_ids = (
            user_id_directory(api, store, pool, user_property, proof_lasts=proof_lasts) if user_property else None
        )

    def rows(self, events: Sequence[Event]) -> Iterator[tuple[Sequence[Event], list[dict[str, object]]]]:
        """The warehouse row of each event, some at a time. Raises `Failure` where Mailjet fails to tell what it
        knows.
        """
        around = self.look_up(events)
        user_id_from = self._config.user_id_from
        for first in range(0, len(events), ROWS_AT_ONCE):
            some = events[first : first + ROWS_AT_ONCE]
            yield (
                some,
                [
                    to_row(to_track_call(one, around, self._event_text(one), user_id_from), self._read_at)
                    for one in some
                ],
            )

    def _event_text(self, event: Event) -> str:
        kind = event.kind
        return self._config.unsubscribe_event_name if kind is UNSUBSCRIBED else kind.event_text

    def look_up(self, events: Sequence[Event]) -> Surroundings:
        """What the track calls of events need. Raises `Failure` where Mailjet fails to tell what it knows."""
        wanted = [
            Wanted(one.email_id, one.contact_id, one.campaign_id, one.sent_at, one.kind)
            for one in events
            if not one.message
        ]
        found = self.messages.look_up(wanted) if wanted else {}
        messages: Mapping[str, Message] = found | {one.email_id: one.message for one in events if one.message}
        campaigns = self._campaigns.look_up(_campaign_ids(events, messages))
        lists = {
            list_id for one in events if (list_id := list_id_of(one, campaigns.get(_campaign_id(one, messages) or "")))
        }
        contacts: dict[str, str | None] = {}
        unsure: set[str] = set()
        for one in events:
            message = messages.get(one.email_id)
            contacts |= dict.fromkeys(contacts_of(message, one.contact_id), _campaign_id(one, messages))
            unsure.update(unsure_of(message, one.contact_id))
        groups = {contact: campaign for contact, campaign in contacts.items() if campaign}
        return Surroundings(
            messages=messages,
            campaigns=campaigns,
            lists=self._lists.look_up(sorted(lists)),
            agents=self._agents.look_up(
                sorted({one.agent_id for one in events if one.agent_id and "is_bot" in one.kind.own_columns})
            ),
            user_ids=self._user_ids.look_up(sorted(contacts), groups) if self._user_ids else {},
            addresses=self._addresses.look_up(sorted(unsure)),
        )


def _campaign(row: Row) -> tuple[str, Campaign]:
    campaign = parse_campaign(row)
    return campaign.campaign_id, campaign


def _agent(row: Row) -> tuple[str, Agent]:
    agent = parse_agent(row)
    return agent.agent_id, agent


def _list(row: Row) -> tuple[str, str | None]:
    return parse_list(row)


def _address(row: Row) -> tuple[str, str | None]:
    contact_id, address = parse_contact(row)
    return contact_id, known_address(address)


def _campaign_id(one: Event, messages: Mapping[str, Message]) -> str | None:
    message = messages.get(one.email_id)
    return one.campaign_id or (message.campaign_id if message else None)


def _campaign_ids(events: Sequence[Event], messages: Mapping[str, Message]) -> list[str]:
    return sorted({campaign for one in events if (campaign := _campaign_id(one, messages))})
