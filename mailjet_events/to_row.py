"""An event with its surroundings as the row of its table. Pure: the caller looks everything up before.

A fact that Mailjet does not know is absent from the row, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from mailjet_events.event import Event
from mailjet_events.recipient import UserIdFrom, to_recipient
from mailjet_rest.rows import Agent, Campaign, Message
from segment_events.instants import format_second
from segment_events.kinds import UNSUBSCRIBED, Kind
from segment_events.person import person
from segment_events.row import add, begin_row, blank_row

_SENDER = {
    "context_integration_name": "Mailjet",
    "context_library_name": "source-mailjet-segment",
    "context_library_version": version("mailjet-segment"),
}
_AGENT_COLUMNS = ("agent_browser", "agent_platform", "is_bot", "is_mobile")


@dataclass(frozen=True)
class Surroundings:
    """The look-ups for a batch of events. An object that does not exist is missing from its mapping, or None."""

    messages: Mapping[str, Message] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign | None] = field(default_factory=dict)
    lists: Mapping[str, str | None] = field(default_factory=dict)
    agents: Mapping[str, Agent | None] = field(default_factory=dict)
    user_ids: Mapping[str, str | None] = field(default_factory=dict)
    addresses: Mapping[str, str | None] = field(default_factory=dict)


def blank_of(kind: Kind, unsubscribe_event_name: str, received_at: str) -> dict[str, Any]:
    """The blank row of a kind of event. The event name of unsubscribes is configured."""
    text = unsubscribe_event_name if kind is UNSUBSCRIBED else kind.event_text
    return blank_row(text, received_at, _SENDER)


def to_row(event: Event, surroundings: Surroundings, blank: dict[str, Any], user_id_from: UserIdFrom) -> dict[str, Any]:
    """The row of an event. `blank`: that of its kind; `user_id_from`: the configured source of the user id.

    Every event passes here, so it is made at once, without a value in between and without a loop where there are few
    columns: that takes half the time.
    """
    message = event.message or surroundings.messages.get(event.email_id)
    contact_id, address, user_id = to_recipient(
        message, event.contact_id, surroundings.user_ids, surroundings.addresses, user_id_from
    )
    who = person(user_id, address, contact_id, event.email_id)
    row = begin_row(blank, event.id, format_second(event.at), who)
    if address:
        row["context_traits_email"] = address
    if event.agent:
        row["context_user_agent"] = event.agent
    if event.ip:
        row["context_ip"] = event.ip
    if event.country:
        row["context_location_country"] = event.country
    row["email_id"] = event.email_id
    if contact_id:
        row["contact_id"] = contact_id
    if message:
        _add_message(row, message)
    campaign_id = event.campaign_id or (message.campaign_id if message else None)
    campaign = surroundings.campaigns.get(campaign_id) if campaign_id else None
    if campaign_id:
        row["campaign_id"] = campaign_id
    if campaign:
        _add_campaign(row, campaign)
    if event.properties:
        add(row, event.properties)
    if event.agent_id and "is_bot" in event.kind.own_columns and (agent := surroundings.agents.get(event.agent_id)):
        add(row, dict(zip(_AGENT_COLUMNS, agent[1:], strict=True)))
    if list_id := list_id_of(event, campaign):
        add(row, {"list_id": list_id, "list_name": surroundings.lists.get(list_id)})
    return row


def _add_message(row: dict[str, Any], message: Message) -> None:
    if message.subject:
        row["email_subject"] = message.subject
    if message.custom_id:
        row["custom_id"] = message.custom_id
    if message.uuid:
        row["message_uuid"] = message.uuid


def _add_campaign(row: dict[str, Any], campaign: Campaign) -> None:
    if name := campaign_name(campaign):
        row["campaign_name"] = name
    if campaign.custom_value:
        row["custom_campaign"] = campaign.custom_value


def campaign_name(campaign: Campaign | None) -> str | None:
    """The custom value, unless Mailjet made it up for a newsletter (`mj.nl=...`); else the subject."""
    if campaign is None:
        return None
    custom = campaign.custom_value
    return custom if custom and not custom.startswith("mj.nl=") else campaign.subject


def list_id_of(event: Event, campaign: Campaign | None) -> str | None:
    """The list that an event is about: the one that a webhook names, else its campaign's."""
    if "list_id" not in event.kind.own_columns:
        return None
    return event.properties.get("list_id") or (campaign.list_id if campaign else None)
