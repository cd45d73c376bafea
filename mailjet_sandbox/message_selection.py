"""Which messages a query is about, and which events of one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailjet_sandbox.filters import between, status_word
from mailjet_sandbox.lives import Event
from mailjet_sandbox.messages import Message
from mailjet_sandbox.query import Query, RefusedError


def messages(query: Query) -> list[Message]:
    """`message`: in order of their IDs."""
    switches = query.switches
    clock = _arrival if switches.messages_cut_by == "arrival" else _creation
    first, last = query.span("FromTS", "ToTS", (switches.from_ts_inclusive, switches.to_ts_inclusive))
    candidates, ordered = _candidates(query)
    if ordered and clock is _arrival:
        candidates = between(candidates, first, last, clock)
    now, tests = query.snapshot.now, _message_tests(query)
    found = [
        message
        for message in candidates
        if message.arrived_at <= now and first <= clock(message) <= last and all(test(message) for test in tests)
    ]
    return sorted(found, key=lambda message: message.id)


def _candidates(query: Query) -> tuple[Sequence[Message], bool]:
    """A set of messages that holds all wanted ones, and whether it is in order of arrival."""
    account = query.snapshot.account
    contact, campaign = query.integer("Contact", "ContactID"), query.integer("Campaign", "CampaignID")
    if contact is not None:
        return account.messages_by_contact.get(contact, []), False
    if campaign is not None:
        return account.messages_by_campaign.get(campaign, []), False
    status = query.integer("MessageStatus")
    if status is not None:
        return query.snapshot.by_status.get(status_word(status), []), True
    return query.snapshot.by_arrival, True


def _message_tests(query: Query) -> list[Callable[[Message], bool]]:
    now, tests = query.snapshot.now, []
    contact, campaign = query.integer("Contact", "ContactID"), query.integer("Campaign", "CampaignID")
    status, state, custom_id = query.integer("MessageStatus"), query.integer("MessageState"), query.text("CustomID")
    if contact is not None and campaign is not None:
        tests.append(lambda message: message.campaign.id == campaign)
    if status is not None:
        tests.append(lambda message: message.status_at(now) == status_word(status))
    if state is not None:
        tests.append(lambda message: any(each.state == state and each.at <= now for each in message.events))
    if custom_id is not None:
        tests.append(lambda message: message.custom_id == custom_id)
    return tests


def history(query: Query) -> list[Event]:
    """`messagehistory?Message=ID`: what happened to it so far; 404 for a message that does not exist."""
    message = find_message(query, query.integer("Message") or 0)
    if message is None:
        raise RefusedError(404, "Object not found")
    return [event for event in message.events if event.at <= query.snapshot.now]


def find_message(query: Query, identity: int) -> Message | None:
    """A message by its ID, once it has arrived."""
    message = query.snapshot.account.message_by_id.get(identity)
    return message if message and message.arrived_at <= query.snapshot.now else None


def _arrival(message: Message) -> int:
    return message.arrived_at


def _creation(message: Message) -> int:
    return message.created_at
