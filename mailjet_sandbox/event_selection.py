"""Which opens, clicks or bounces a query is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailjet_sandbox.account import Listed
from mailjet_sandbox.filters import between, status_word
from mailjet_sandbox.query import Query


def statistics(rows: Callable[[Query], Sequence[Listed]]) -> Callable[[Query], list[Listed]]:
    """A selection of opens, clicks or bounces: by event time, and by the *campaign's* start for `FromTS`/`ToTS`."""

    def select(query: Query) -> list[Listed]:
        switches = query.switches
        within = (switches.event_bounds_inclusive, switches.event_bounds_inclusive)
        first, last = query.span("EventFromTs", "EventToTs", within)
        since, until = query.span("FromTS", "ToTS", (switches.from_ts_inclusive, switches.to_ts_inclusive))
        now, tests = query.snapshot.now, _listed_tests(query)
        return [
            listed
            for listed in between(rows(query), first, last, _event_time)
            if listed.event.at <= now
            and listed.listed_at <= now
            and since <= listed.message.campaign.send_start_at <= until
            and all(test(listed) for test in tests)
        ]

    return select


def _listed_tests(query: Query) -> list[Callable[[Listed], bool]]:
    now, tests = query.snapshot.now, []
    campaign, message = query.integer("CampaignID"), query.integer("MessageID")
    contacts_list, custom = query.integer("ContactsList", "ContactsListID"), query.text("CustomCampaign")
    status = query.integer("MessageStatus")
    if campaign is not None:
        tests.append(lambda listed: listed.message.campaign.id == campaign)
    if message is not None:
        tests.append(lambda listed: listed.message.id == message)
    if contacts_list is not None:
        tests.append(lambda listed: listed.message.campaign.list_id == contacts_list)
    if custom is not None:
        tests.append(lambda listed: listed.message.campaign.custom_value == custom)
    if status is not None:
        tests.append(lambda listed: listed.message.status_at(now) == status_word(status))
    return tests


def _event_time(listed: Listed) -> int:
    return listed.event.at
