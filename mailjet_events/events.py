"""What happened, as a value, and the track call that tells it. Pure: all that must be looked up is given.

Each feed's row becomes a `Happening`; a happening and what Mailjet knows around it become a `TrackCall`. What Mailjet
does not know is absent, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any, NamedTuple

from mailjet_events.recipient import UserIdFrom, to_recipient
from mailjet_rest.rows import Agent, Bounce, Campaign, Click, HistoryEvent, Message, Open, State
from segment_events.kinds import BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, UNSUBSCRIBED, Kind
from segment_events.message_id import message_id_at, url_digest
from segment_events.person import person
from segment_events.track_call import TrackCall

LIBRARY = {"name": "source-mailjet-segment", "version": version("mailjet-segment")}
NEVER_SENT = frozenset(range(14, 22))
"""States of messages that Mailjet itself never sent (preblocked, duplicate, template, typofix, blacklisted): not
bounces."""
ENGAGEMENT_KINDS: Mapping[str, Kind] = {"unsub": UNSUBSCRIBED, "spam": SPAM}
"""Mailjet's words in `Status` and in `messagehistory.EventType`."""


class Happening(NamedTuple):
    """One event as its feed tells it: `at` in Unix seconds, `sent_at` about when its message was sent, where that is
    known; `own` are the properties of its kind alone.
    """

    id: str
    kind: Kind
    message_id: str
    at: int
    contact_id: str | None
    campaign_id: str | None
    agent: str | None
    agent_id: str | None
    own: Mapping[str, Any]
    message: Message | None
    sent_at: int | None


@dataclass(frozen=True)
class Surroundings:
    """What the sync looked up for a batch of happenings; what does not exist is missing from a mapping, or None in
    it.
    """

    messages: Mapping[str, Message] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign | None] = field(default_factory=dict)
    lists: Mapping[str, str | None] = field(default_factory=dict)
    agents: Mapping[str, Agent | None] = field(default_factory=dict)
    user_ids: Mapping[str, str | None] = field(default_factory=dict)
    addresses: Mapping[str, str | None] = field(default_factory=dict)


def to_delivery(message: Message, at: int) -> Happening:
    """A message that was delivered, at the time its listing or its history tells."""
    return _happening(DELIVERED, message.message_id, at, message.contact_id, message.campaign_id, message=message)


def to_open(row: Open) -> Happening:
    """A row of `openinformation` as an event."""
    return _happening(OPENED, *row[:6], sent_at=row.arrived_at)


def to_click(row: Click) -> Happening:
    """A row of `clickstatistics` as an event."""
    own = {"link_url": row.url, "link_id": url_digest(row.url)[:16], "click_delay_s": row.delay_s}
    # A delay that cannot be tells nothing of the sending.
    sent_at = row.at - row.delay_s if row.delay_s is not None and 0 <= row.delay_s < row.at else None
    return _happening(CLICKED, row.message_id, row.at, row.contact_id, agent_id=row.agent_id, own=own, sent_at=sent_at)


def to_bounce(row: Bounce, states: Mapping[str, State]) -> Happening | None:
    """A row of `bouncestatistics` as an event, or None where Mailjet never sent the message."""
    if row.state_id in NEVER_SENT:
        return None
    state = states.get(str(row.state_id))
    own = {
        "bounce_type": None if row.is_permanent is None else "hard" if row.is_permanent else "soft",
        "is_blocked": row.is_blocked,
        "error": state.text if state else None,
        "error_related_to": state.related_to if state else None,
    }
    return _happening(BOUNCED, row.message_id, row.at, row.contact_id, row.campaign_id, own=own, sent_at=row.at)


def to_engagement(message: Message, event: HistoryEvent) -> Happening | None:
    """An unsubscribe or a complaint from a message's history, or None for its other events."""
    kind = ENGAGEMENT_KINDS.get(event.event_type)
    if kind is None:
        return None
    who = (message.contact_id, message.campaign_id)
    return _happening(kind, message.message_id, event.at, *who, event.agent, event.agent_id, message=message)


def _happening(
    kind: Kind,
    email_id: str,
    at: int,
    contact_id: str | None,
    campaign_id: str | None = None,
    agent: str | None = None,
    agent_id: str | None = None,
    own: Mapping[str, Any] | None = None,
    message: Message | None = None,
    sent_at: int | None = None,
) -> Happening:
    own = own or {}
    event_id = message_id_at(kind, email_id, at, own.get("link_url"))
    return Happening(event_id, kind, email_id, at, contact_id, campaign_id, agent, agent_id, own, message, sent_at)


def to_track_call(happening: Happening, around: Surroundings, event_text: str, user_id_from: UserIdFrom) -> TrackCall:
    """The call for a happening. `user_id_from`: where the user id comes from, as configured."""
    message = happening.message or around.messages.get(happening.message_id)
    recipient = to_recipient(message, happening.contact_id, around.user_ids, around.addresses, user_id_from)
    campaign_id = happening.campaign_id or (message.campaign_id if message else None)
    campaign = around.campaigns.get(campaign_id) if campaign_id else None
    properties = {
        "email_id": happening.message_id,
        "email_subject": message.subject if message else None,
        "campaign_id": campaign_id,
        "campaign_name": campaign_name(campaign),
        "custom_id": message.custom_id if message else None,
        "custom_campaign": campaign.custom_value if campaign else None,
        "contact_id": recipient.contact_id,
        "message_uuid": message.uuid if message else None,
        **happening.own,
        **_own_of_surroundings(happening, around, campaign),
    }
    who = person(recipient.user_id, recipient.address, recipient.contact_id, happening.message_id)
    return TrackCall(
        event=event_text,
        message_id=happening.id,
        timestamp=datetime.fromtimestamp(happening.at, timezone.utc),
        user_id=who.user_id,
        anonymous_id=who.anonymous_id,
        properties={name: value for name, value in properties.items() if value is not None},
        context=_context(recipient.address, happening.agent),
    )


def campaign_name(campaign: Campaign | None) -> str | None:
    """The custom value, unless Mailjet made it up for a newsletter (`mj.nl=...`); else the subject."""
    if campaign is None:
        return None
    custom = campaign.custom_value
    return custom if custom and not custom.startswith("mj.nl=") else campaign.subject


def _own_of_surroundings(happening: Happening, around: Surroundings, campaign: Campaign | None) -> dict[str, Any]:
    own: dict[str, Any] = {}
    agent = around.agents.get(happening.agent_id) if happening.agent_id else None
    if agent and "is_bot" in happening.kind.own_columns:
        own |= {
            "agent_browser": agent.browser,
            "agent_platform": agent.platform,
            "is_bot": agent.is_bot,
            "is_mobile": agent.is_mobile,
        }
    if campaign and campaign.list_id and "list_id" in happening.kind.own_columns:
        own |= {"list_id": campaign.list_id, "list_name": around.lists.get(campaign.list_id)}
    return own


def _context(address: str | None, agent: str | None) -> dict[str, Any]:
    context: dict[str, Any] = {"integration": {"name": "Mailjet"}, "library": LIBRARY}
    if address:
        context["traits"] = {"email": address}
    if agent:
        context["userAgent"] = agent
    return context
