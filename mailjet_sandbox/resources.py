"""The table of Mailjet's resources that the sandbox serves: what each lists, its filters, what it can be sorted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailjet_sandbox import rows
from mailjet_sandbox.campaign_selection import campaigns, lists
from mailjet_sandbox.contact_selection import contact_data, contact_data_of, contact_of, contacts, properties
from mailjet_sandbox.counters import counters_row, slices
from mailjet_sandbox.event_selection import statistics
from mailjet_sandbox.message_selection import history, messages
from mailjet_sandbox.message_states import MESSAGE_STATES
from mailjet_sandbox.query import Query
from mailjet_sandbox.rows import Row
from mailjet_sandbox.user_agents import USER_AGENTS

Key = Callable[[Any], Any]


@dataclass(frozen=True)
class Resource:
    """A row of the table.

    `select` gives the objects of a listing, `row` the JSON of one, `find` one by the ID in the path, None where the
    resource has no such form. A filter or a `Sort` that is not named here gets 400, lest it be ignored unseen.
    """

    select: Callable[[Query], Sequence[Any]]
    row: Callable[[Any, Query], Row]
    filters: frozenset[str]
    find: Callable[[Query, int], Any] | None = None
    sorts: Mapping[str, Key] = field(default_factory=dict)


_BOUNDS = ("FromTS", "ToTS")
_OF_CAMPAIGN = (*_BOUNDS, "CampaignID", "ContactsList", "ContactsListID", "CustomCampaign")
_OF_EVENT = (*_OF_CAMPAIGN, "EventFromTs", "EventToTs", "MessageStatus")
_OF_CONTACT = ("Campaign", "ContactsList", "Email", "EmailCI")
_SHOWS = ("ShowContactAlt", "ShowCustomID", "ShowSubject")


def _identity(item: Any) -> Any:
    return item.id


RESOURCES: Mapping[str, Resource] = {
    "openinformation": Resource(
        statistics("opens"),
        rows.open_row,
        frozenset({*_OF_EVENT, "MessageID"}),
    ),
    "clickstatistics": Resource(
        statistics("clicks"),
        rows.click_row,
        frozenset({*_OF_EVENT, "MessageID"}),
        sorts={"ID": _identity},
    ),
    "bouncestatistics": Resource(
        statistics("bounces"),
        rows.bounce_row,
        frozenset(_OF_EVENT),
        sorts={"ID": lambda listed: listed.message.id},
    ),
    "message": Resource(
        messages,
        rows.message_row,
        frozenset({*_BOUNDS, *_SHOWS, "Campaign", "CampaignID", "Contact", "ContactID"})
        | {"CustomID", "MessageState", "MessageStatus"},
        find=lambda query, identity: query.view.message(identity),
        sorts={"ID": _identity},
    ),
    "messagehistory": Resource(history, rows.history_row, frozenset({"Message"})),
    "campaign": Resource(
        campaigns,
        rows.campaign_row,
        frozenset(_OF_CAMPAIGN),
        find=lambda query, identity: next((campaign for campaign in campaigns(query) if campaign.id == identity), None),
        sorts={"ID": _identity, "SendStartAt": lambda campaign: campaign.send_start_at},
    ),
    "contactslist": Resource(
        lists,
        rows.list_row,
        frozenset({"Name"}),
        find=lambda query, identity: query.view.account.list_by_id.get(identity),
        sorts={"ID": _identity},
    ),
    "contact": Resource(
        contacts,
        rows.contact_row,
        frozenset(_OF_CONTACT),
        find=contact_of,
        sorts={"ID": _identity, "Email": lambda contact: contact.email},
    ),
    "contactdata": Resource(
        contact_data,
        rows.contact_data_row,
        frozenset({*_OF_CONTACT, "ContactEmail", "Fields"}),
        find=contact_data_of,
        sorts={"ID": _identity},
    ),
    "contactmetadata": Resource(properties, rows.metadata_row, frozenset(), sorts={"ID": lambda item: item[0]}),
    "useragent": Resource(
        lambda query: list(USER_AGENTS.values()),
        rows.agent_row,
        frozenset(),
        find=lambda query, identity: USER_AGENTS.get(identity),
        sorts={"ID": _identity},
    ),
    "statcounters": Resource(
        slices,
        counters_row,
        frozenset({*_BOUNDS, "CampaignID", "CounterResolution", "CounterSource", "CounterTiming", "SourceID"}),
    ),
    "messagestate": Resource(
        lambda query: list(MESSAGE_STATES.values()), rows.state_row, frozenset(), sorts={"ID": _identity}
    ),
}
