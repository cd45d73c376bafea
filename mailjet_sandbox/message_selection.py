"""Which messages a query is about, and which events of one message."""

from __future__ import annotations

from collections.abc import Sequence

from mailjet_sandbox.account import MessageFilter
from mailjet_sandbox.filters import refuse_what_is_gone, status_word
from mailjet_sandbox.lives import Event
from mailjet_sandbox.messages import Message
from mailjet_sandbox.query import Query, RefusedError


def messages(query: Query) -> Sequence[Message]:
    """`message`: in order of their IDs."""
    switches, clock = query.switches, query.switches.messages_cut_by
    first, last = query.span("FromTS", "ToTS", (switches.from_ts_inclusive, switches.to_ts_inclusive))
    status = query.integer("MessageStatus")
    contact, campaign = query.integer("Contact", "ContactID"), query.integer("Campaign", "CampaignID")
    refuse_what_is_gone(query, contact, campaign)
    return query.view.messages(
        MessageFilter(
            first,
            last,
            clock="delivery" if switches.arrival_moves and clock == "arrival" else clock,
            contact=contact,
            campaign=campaign,
            status=None if status is None else status_word(status),
            state=query.integer("MessageState"),
            custom_id=query.text("CustomID"),
        )
    )


def history(query: Query) -> list[Event]:
    """`messagehistory?Message=ID`: what happened to it so far; 404 for a message that does not exist."""
    message = query.view.message(query.integer("Message") or 0)
    if message is None:
        raise RefusedError(404, "Object not found")
    return [event for event in message.events if event.at <= query.view.now]
