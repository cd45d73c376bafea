"""An event with its surroundings as a track call. Pure: the caller looks everything up before.

A fact that Mailjet does not know is absent from the call, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any

from mailjet_events.event import Event
from mailjet_events.recipient import UserIdFrom, to_recipient
from mailjet_rest.rows import Agent, Campaign, Message
from segment_events.kinds import UNSUBSCRIBED, Kind
from segment_events.person import person
from segment_events.track_call import TrackCall

LIBRARY = {"name": "source-mailjet-segment", "version": version("mailjet-segment")}


@dataclass(frozen=True)
class Surroundings:
    """The look-ups for a batch of events. An object that does not exist is missing from its mapping, or None."""

    messages: Mapping[str, Message] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign | None] = field(default_factory=dict)
    lists: Mapping[str, str | None] = field(default_factory=dict)
    agents: Mapping[str, Agent | None] = field(default_factory=dict)
    user_ids: Mapping[str, str | None] = field(default_factory=dict)
    addresses: Mapping[str, str | None] = field(default_factory=dict)


def to_track_call(event: Event, surroundings: Surroundings, text: str, user_id_from: UserIdFrom) -> TrackCall:
    """The track call of an event. `user_id_from`: the configured source of the user id."""
    message = event.message or surroundings.messages.get(event.email_id)
    recipient = to_recipient(message, event.contact_id, surroundings.user_ids, surroundings.addresses, user_id_from)
    campaign_id = event.campaign_id or (message.campaign_id if message else None)
    campaign = surroundings.campaigns.get(campaign_id) if campaign_id else None
    properties = {
        "email_id": event.email_id,
        "email_subject": message.subject if message else None,
        "campaign_id": campaign_id,
        "campaign_name": campaign_name(campaign),
        "custom_id": message.custom_id if message else None,
        "custom_campaign": campaign.custom_value if campaign else None,
        "contact_id": recipient.contact_id,
        "message_uuid": message.uuid if message else None,
        **event.properties,
        **_agent_columns(event, surroundings),
        **_list_columns(event, surroundings, campaign),
    }
    who = person(recipient.user_id, recipient.address, recipient.contact_id, event.email_id)
    return TrackCall(
        event=text,
        event_id=event.id,
        timestamp=datetime.fromtimestamp(event.at, timezone.utc),
        user_id=who.user_id,
        anonymous_id=who.anonymous_id,
        properties=properties,
        context=_context(recipient.address, event),
    )


def event_text(kind: Kind, unsubscribe_event_name: str) -> str:
    """The event's name in the call; that of unsubscribes is configured."""
    return unsubscribe_event_name if kind is UNSUBSCRIBED else kind.event_text


def campaign_name(campaign: Campaign | None) -> str | None:
    """The custom value, unless Mailjet made it up for a newsletter (`mj.nl=...`); else the subject."""
    if campaign is None:
        return None
    custom = campaign.custom_value
    return custom if custom and not custom.startswith("mj.nl=") else campaign.subject


def _agent_columns(event: Event, surroundings: Surroundings) -> Mapping[str, Any]:
    agent = surroundings.agents.get(event.agent_id) if event.agent_id else None
    if agent is None or "is_bot" not in event.kind.own_columns:
        return {}
    return {
        "agent_browser": agent.browser,
        "agent_platform": agent.platform,
        "is_bot": agent.is_bot,
        "is_mobile": agent.is_mobile,
    }


def list_id_of(event: Event, campaign: Campaign | None) -> str | None:
    """The list that an event is about: the one that a webhook names, else its campaign's."""
    if "list_id" not in event.kind.own_columns:
        return None
    return event.properties.get("list_id") or (campaign.list_id if campaign else None)


def _list_columns(event: Event, surroundings: Surroundings, campaign: Campaign | None) -> Mapping[str, Any]:
    list_id = list_id_of(event, campaign)
    return {"list_id": list_id, "list_name": surroundings.lists.get(list_id)} if list_id else {}


def _context(address: str | None, event: Event) -> dict[str, Any]:
    context: dict[str, Any] = {"integration": {"name": "Mailjet"}, "library": LIBRARY}
    if address:
        context["traits"] = {"email": address}
    if event.ip:
        context["ip"] = event.ip
    if event.agent:
        context["userAgent"] = event.agent
    if event.country:
        context["location"] = {"country": event.country}
    return context
