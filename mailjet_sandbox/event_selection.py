"""Which opens, clicks or bounces a query is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailjet_sandbox.account import EventFilter, Listed, Statistics
from mailjet_sandbox.filters import status_word
from mailjet_sandbox.query import Query


def statistics(kind: Statistics) -> Callable[[Query], Sequence[Listed]]:
    """A selection of opens, clicks or bounces: by event time, and by the *campaign's* start for `FromTS`/`ToTS`."""

    def select(query: Query) -> Sequence[Listed]:
        within = (query.switches.event_bounds_inclusive, query.switches.event_bounds_inclusive)
        first, last = query.span("EventFromTs", "EventToTs", within)
        status = query.integer("MessageStatus")
        return query.view.events(
            kind,
            EventFilter(
                first,
                last,
                campaigns=_campaigns(query),
                message=query.integer("MessageID"),
                status=None if status is None else status_word(status),
            ),
        )

    return select


def _campaigns(query: Query) -> frozenset[int] | None:
    """The campaigns that the filters leave, deleted ones too; None where none of them asks for anything."""
    switches = query.switches
    since, until = query.span("FromTS", "ToTS", (switches.from_ts_inclusive, switches.to_ts_inclusive))
    campaign, custom = query.integer("CampaignID"), query.text("CustomCampaign")
    contacts_list = query.integer("ContactsList", "ContactsListID")
    if not {"FromTS", "ToTS", "CampaignID", "CustomCampaign", "ContactsList", "ContactsListID"} & set(query.parameters):
        return None
    return frozenset(
        sending.id
        for sending in query.view.account.campaigns
        if since <= sending.send_start_at <= until
        and campaign in (None, sending.id)
        and contacts_list in (None, sending.list_id)
        and custom in (None, sending.custom_value)
    )
