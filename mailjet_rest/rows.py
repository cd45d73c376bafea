"""Mailjet's rows as values. An event needs its own ID and time: a row is malformed if either cannot be read. Every
other value that cannot be read is absent, and so is an ID of 0 or below.

A row that names no message, or an object that no event can refer to, gets the ID `NOTHING`, so that a page keeps its
length.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mailjet_rest.errors import MalformedError
from mailjet_rest.fields import (
    NOTHING,
    find_id,
    find_second,
    read_flag,
    read_id,
    read_number,
    read_second,
    read_text,
    whole_text,
)
from mailjet_rest.outcome import Row

BLOCKED_STATUS = "blocked"
DELIVERED_STATUSES = frozenset({"sent", "opened", "clicked", "unsub", "spam"})
END_OF_TIME = 253_402_300_800
"""The year 10000, in Unix seconds."""
HISTORY_KINDS = frozenset({"sent", "unsub", "spam"})
"""`EventType` of the events that are read from histories."""
PENDING_STATUSES = frozenset({"unknown", "queued", "deferred", "processed"})


class Open(NamedTuple):
    """A row of `openinformation`; `arrived_at` is its message's."""

    email_id: str
    at: int
    contact_id: str | None
    campaign_id: str | None
    agent: str | None
    agent_id: str | None
    arrived_at: int | None


class Click(NamedTuple):
    """A row of `clickstatistics`; it names no campaign. `delay_s` is Mailjet's `ClickedDelay`."""

    email_id: str
    at: int
    contact_id: str | None
    url: str
    delay_s: int | None
    agent_id: str | None
    row_id: str | None


class Bounce(NamedTuple):
    """A row of `bouncestatistics`, whose `ID` is the message's."""

    email_id: str
    at: int
    contact_id: str | None
    campaign_id: str | None
    is_permanent: bool | None
    is_blocked: bool | None
    state_id: int | None


class Message(NamedTuple):
    """A row of `message`; `arrived_at` in Unix seconds, 0 if a message that was not delivered has none.

    Texts are None if Mailjet has, or shows, none.
    """

    email_id: str
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


class Block(NamedTuple):
    """A row of `message` of a message that Mailjet did not send."""

    state_id: str | None
    message: Message

    @property
    def email_id(self) -> str:
        return self.message.email_id

    @property
    def at(self) -> int:
        """Its `ArrivedAt`, 0 if it has none."""
        return self.message.arrived_at


class HistoryEvent(NamedTuple):
    """A row of `messagehistory`; `at` is 0 if it cannot be read and nobody needs it."""

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
    """A row of `messagestate`: the meaning of a state, and its subject (Mailjet's `RelatedTo`)."""

    state_id: str
    text: str | None
    related_to: str | None


def parse_open(row: Row) -> Open:
    email_id = read_id(row, "MessageID", "Message")
    return Open(
        email_id,
        _event_second(row, "OpenedAt", email_id != NOTHING),
        find_id(row, "ContactID", "Contact"),
        find_id(row, "CampaignID", "Campaign"),
        read_text(row, "UserAgentFull"),
        find_id(row, "UserAgentID", "UserAgent"),
        find_second(row, "ArrivedAt"),
    )


def parse_click(row: Row) -> Click:
    """A click without a URL has the empty one."""
    email_id, url = read_id(row, "MessageID", "Message"), row.get("Url")
    return Click(
        email_id,
        _event_second(row, "ClickedAt", email_id != NOTHING),
        find_id(row, "ContactID", "Contact"),
        whole_text(url) if isinstance(url, str) else "",
        read_number(row, "ClickedDelay"),
        find_id(row, "UserAgentID", "UserAgent"),
        find_id(row, "ID"),
    )


def parse_bounce(row: Row) -> Bounce:
    email_id, state_id = read_id(row, "ID"), find_id(row, "StateID", "State")
    return Bounce(
        email_id,
        _event_second(row, "BouncedAt", email_id != NOTHING),
        find_id(row, "ContactID", "Contact"),
        find_id(row, "CampaignID", "Campaign"),
        read_flag(row, "IsStatePermanent"),
        read_flag(row, "IsBlocked"),
        int(state_id) if state_id else None,
    )


def parse_message(row: Row) -> Message:
    email_id, status = read_id(row, "ID"), (read_text(row, "Status") or "unknown").lower()
    return Message(
        email_id,
        _event_second(row, "ArrivedAt", email_id != NOTHING and status in DELIVERED_STATUSES),
        status,
        find_id(row, "ContactID", "Contact"),
        find_id(row, "CampaignID", "Campaign"),
        read_text(row, "ContactAlt"),
        read_text(row, "CustomID"),
        read_text(row, "Subject"),
        read_text(row, "UUID"),
        read_flag(row, "IsOpenTracked"),
        read_flag(row, "IsClickTracked"),
    )


def parse_block(row: Row) -> Block:
    return Block(find_id(row, "StateID", "State"), parse_message(row))


def parse_history_event(row: Row, needed: Collection[str] = HISTORY_KINDS) -> HistoryEvent:
    """`needed`: the kinds whose time matters; a row of any other kind is read, however little it holds."""
    kind, at = (read_text(row, "EventType") or "").lower(), read_number(row, "EventAt") or 0
    if not 0 < at < END_OF_TIME:
        if kind in needed:
            raise MalformedError(f"a history event '{kind}' whose 'EventAt' is no instant")
        at = 0
    return HistoryEvent(kind, at, read_text(row, "Useragent", "UserAgent"), find_id(row, "UseragentID", "UserAgentID"))


def parse_campaign(row: Row) -> Campaign:
    return Campaign(
        _any_id(row), read_text(row, "Subject"), read_text(row, "CustomValue"), find_id(row, "ListID", "List")
    )


def parse_agent(row: Row) -> Agent:
    return Agent(
        _any_id(row),
        read_text(row, "Browser"),
        read_text(row, "Platform"),
        read_flag(row, "IsBot"),
        read_flag(row, "IsMobile"),
    )


def parse_list(row: Row) -> Named:
    return Named(_any_id(row), read_text(row, "Name"))


def parse_contact(row: Row) -> Named:
    return Named(_any_id(row), read_text(row, "Email"))


def parse_message_state(row: Row) -> State:
    return State(_any_id(row), read_text(row, "State"), read_text(row, "RelatedTo"))


def _any_id(row: Row) -> str:
    return find_id(row, "ID") or NOTHING


def _event_second(row: Row, name: str, is_needed: bool) -> int:
    return read_second(row, name) if is_needed else find_second(row, name) or 0
