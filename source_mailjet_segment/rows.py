"""Mailjet's rows as values. A row that lacks what an event cannot do without is malformed, never skipped."""

from __future__ import annotations

from typing import NamedTuple

from source_mailjet_segment.errors import MalformedError
from source_mailjet_segment.fields import find_id, find_second, read_flag, read_id, read_number, read_second, read_text
from source_mailjet_segment.outcome import Row

DELIVERED_STATUSES = frozenset({"sent", "opened", "clicked", "unsub", "spam"})
PENDING_STATUSES = frozenset({"unknown", "queued", "deferred", "processed"})


class Open(NamedTuple):
    """A row of `openinformation`; `arrived_at` is its message's."""

    message_id: str
    at: int
    contact_id: str | None
    campaign_id: str | None
    agent: str | None
    agent_id: str | None
    arrived_at: int | None


class Click(NamedTuple):
    """A row of `clickstatistics`; it names no campaign. `delay_s` is Mailjet's `ClickedDelay`."""

    message_id: str
    at: int
    contact_id: str | None
    url: str
    delay_s: int | None
    agent_id: str | None
    row_id: str | None


class Bounce(NamedTuple):
    """A row of `bouncestatistics`, whose `ID` is the message's."""

    message_id: str
    at: int
    contact_id: str | None
    campaign_id: str | None
    is_permanent: bool | None
    is_blocked: bool | None
    state_id: int | None


class Message(NamedTuple):
    """A row of `message`; `arrived_at` in Unix seconds. Texts are None where Mailjet has, or shows, none."""

    message_id: str
    arrived_at: int
    status: str
    contact_id: str | None
    campaign_id: str | None
    address: str | None
    custom_id: str | None
    subject: str | None
    uuid: str | None
    is_open_tracked: bool | None
    is_click_tracked: bool | None


class HistoryEvent(NamedTuple):
    """A row of `messagehistory`."""

    event_type: str
    at: int
    agent: str | None
    agent_id: str | None


class Campaign(NamedTuple):
    """A row of `campaign`."""

    campaign_id: str
    subject: str | None
    custom_value: str | None
    list_id: str | None


class Agent(NamedTuple):
    """A row of `useragent`."""

    agent_id: str
    browser: str | None
    platform: str | None
    is_bot: bool | None
    is_mobile: bool | None


class Named(NamedTuple):
    """A row that is an ID and a text: a list and its name, a contact and its address."""

    row_id: str
    name: str | None


class State(NamedTuple):
    """A row of `messagestate`: what a bounce's state means and what it has to do with."""

    state_id: str
    text: str | None
    related_to: str | None


def parse_open(row: Row) -> Open:
    return Open(
        read_id(row, "MessageID", "Message"),
        read_second(row, "OpenedAt"),
        find_id(row, "ContactID", "Contact"),
        find_id(row, "CampaignID", "Campaign"),
        read_text(row, "UserAgentFull"),
        find_id(row, "UserAgentID", "UserAgent"),
        find_second(row, "ArrivedAt"),
    )


def parse_click(row: Row) -> Click:
    url = row.get("Url")
    if not isinstance(url, str):
        raise MalformedError("a click without 'Url'")
    return Click(
        read_id(row, "MessageID", "Message"),
        read_second(row, "ClickedAt"),
        find_id(row, "ContactID", "Contact"),
        url,
        read_number(row, "ClickedDelay"),
        find_id(row, "UserAgentID", "UserAgent"),
        find_id(row, "ID"),
    )


def parse_bounce(row: Row) -> Bounce:
    return Bounce(
        read_id(row, "ID"),
        read_second(row, "BouncedAt"),
        find_id(row, "ContactID", "Contact"),
        find_id(row, "CampaignID", "Campaign"),
        read_flag(row, "IsStatePermanent"),
        read_flag(row, "IsBlocked"),
        read_number(row, "StateID", "State"),
    )


def parse_message(row: Row) -> Message:
    return Message(
        read_id(row, "ID"),
        read_second(row, "ArrivedAt"),
        (read_text(row, "Status") or "unknown").lower(),
        find_id(row, "ContactID", "Contact"),
        find_id(row, "CampaignID", "Campaign"),
        read_text(row, "ContactAlt"),
        read_text(row, "CustomID"),
        read_text(row, "Subject"),
        read_text(row, "UUID"),
        read_flag(row, "IsOpenTracked"),
        read_flag(row, "IsClickTracked"),
    )


def parse_history_event(row: Row) -> HistoryEvent:
    at = read_number(row, "EventAt")
    kind = read_text(row, "EventType")
    if not at or not kind:
        raise MalformedError("a history event without 'EventAt' or 'EventType'")
    return HistoryEvent(
        kind.lower(), at, read_text(row, "Useragent", "UserAgent"), find_id(row, "UseragentID", "UserAgentID")
    )


def parse_campaign(row: Row) -> Campaign:
    return Campaign(
        read_id(row, "ID"), read_text(row, "Subject"), read_text(row, "CustomValue"), find_id(row, "ListID", "List")
    )


def parse_agent(row: Row) -> Agent:
    return Agent(
        read_id(row, "ID"),
        read_text(row, "Browser"),
        read_text(row, "Platform"),
        read_flag(row, "IsBot"),
        read_flag(row, "IsMobile"),
    )


def parse_list(row: Row) -> Named:
    return Named(read_id(row, "ID"), read_text(row, "Name"))


def parse_contact(row: Row) -> Named:
    return Named(read_id(row, "ID"), read_text(row, "Email"))


def parse_state(row: Row) -> State:
    return State(read_id(row, "ID"), read_text(row, "State"), read_text(row, "RelatedTo"))
