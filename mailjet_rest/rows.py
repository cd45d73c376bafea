"""Mailjet's rows as values. An event needs its own ID and time: a row is malformed if either cannot be read. Every
other value that cannot be read is absent, and so is an ID of 0 or below.

A row that names no message, or an object that no event can refer to, gets the ID `NOTHING`, so that a page keeps its
length. Each field is annotated with the column of Mailjet's row that it is read from (`columns.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, NamedTuple

from mailjet_rest.columns import (
    exact_text,
    id_number,
    lower_text,
    object_id,
    own_id,
    own_time,
    some_flag,
    some_id,
    some_number,
    some_text,
    some_time,
)
from mailjet_rest.errors import MalformedError
from mailjet_rest.fields import find_id, read_number, read_text
from mailjet_rest.outcome import Row
from mailjet_rest.row_parser import RowParser

BLOCKED_STATUS = "blocked"
DELIVERED_STATUSES = frozenset({"sent", "opened", "clicked", "unsub", "spam"})
END_OF_TIME = 253_402_300_800
"""The year 10000, in Unix seconds."""
HISTORY_KINDS = frozenset({"sent", "unsub", "spam"})
"""`EventType` of the events that are read from histories."""
PENDING_STATUSES = frozenset({"unknown", "queued", "deferred", "processed"})


class Open(NamedTuple):
    """A row of `openinformation`; `arrived_at` is its message's."""

    email_id: Annotated[str, own_id("MessageID", "Message")]
    at: Annotated[int, own_time("OpenedAt")]
    contact_id: Annotated[str | None, some_id("ContactID", "Contact")]
    campaign_id: Annotated[str | None, some_id("CampaignID", "Campaign")]
    agent: Annotated[str | None, some_text("UserAgentFull")]
    agent_id: Annotated[str | None, some_id("UserAgentID", "UserAgent")]
    arrived_at: Annotated[int | None, some_time("ArrivedAt")]


class Click(NamedTuple):
    """A row of `clickstatistics`; it names no campaign. `delay_s` is Mailjet's `ClickedDelay`.

    A click without a URL has the empty one.
    """

    email_id: Annotated[str, own_id("MessageID", "Message")]
    at: Annotated[int, own_time("ClickedAt")]
    contact_id: Annotated[str | None, some_id("ContactID", "Contact")]
    url: Annotated[str, exact_text("Url")]
    delay_s: Annotated[int | None, some_number("ClickedDelay")]
    agent_id: Annotated[str | None, some_id("UserAgentID", "UserAgent")]
    row_id: Annotated[str | None, some_id("ID")]


class Bounce(NamedTuple):
    """A row of `bouncestatistics`, whose `ID` is the message's."""

    email_id: Annotated[str, own_id("ID")]
    at: Annotated[int, own_time("BouncedAt")]
    contact_id: Annotated[str | None, some_id("ContactID", "Contact")]
    campaign_id: Annotated[str | None, some_id("CampaignID", "Campaign")]
    is_permanent: Annotated[bool | None, some_flag("IsStatePermanent")]
    is_blocked: Annotated[bool | None, some_flag("IsBlocked")]
    state_id: Annotated[int | None, id_number("StateID", "State")]


class Message(NamedTuple):
    """A row of `message`; `arrived_at` in Unix seconds, 0 if a message that was not delivered has none.

    Texts are None if Mailjet has, or shows, none.
    """

    email_id: Annotated[str, own_id("ID")]
    arrived_at: Annotated[int, own_time("ArrivedAt")]
    status: Annotated[str, lower_text("Status", "unknown")]
    contact_id: Annotated[str | None, some_id("ContactID", "Contact")]
    campaign_id: Annotated[str | None, some_id("CampaignID", "Campaign")]
    address: Annotated[str | None, some_text("ContactAlt")]
    custom_id: Annotated[str | None, some_text("CustomID")]
    subject: Annotated[str | None, some_text("Subject")]
    uuid: Annotated[str | None, some_text("UUID")]
    is_open_tracked: Annotated[bool | None, some_flag("IsOpenTracked")]
    is_click_tracked: Annotated[bool | None, some_flag("IsClickTracked")]


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

    campaign_id: Annotated[str, object_id("ID")]
    subject: Annotated[str | None, some_text("Subject")]
    custom_value: Annotated[str | None, some_text("CustomValue")]
    list_id: Annotated[str | None, some_id("ListID", "List")]


class Agent(NamedTuple):
    """A row of `useragent`."""

    agent_id: Annotated[str, object_id("ID")]
    browser: Annotated[str | None, some_text("Browser")]
    platform: Annotated[str | None, some_text("Platform")]
    is_bot: Annotated[bool | None, some_flag("IsBot")]
    is_mobile: Annotated[bool | None, some_flag("IsMobile")]


class ContactsList(NamedTuple):
    """A row of `contactslist`."""

    list_id: Annotated[str, object_id("ID")]
    name: Annotated[str | None, some_text("Name")]


class Contact(NamedTuple):
    """A row of `contact`."""

    contact_id: Annotated[str, object_id("ID")]
    address: Annotated[str | None, some_text("Email")]


class State(NamedTuple):
    """A row of `messagestate`: the meaning of a state, and its subject (Mailjet's `RelatedTo`)."""

    state_id: Annotated[str, object_id("ID")]
    text: Annotated[str | None, some_text("State")]
    related_to: Annotated[str | None, some_text("RelatedTo")]


parse_open = RowParser(Open)
parse_click = RowParser(Click)
parse_bounce = RowParser(Bounce)
parse_message = RowParser(Message, needs_time=lambda message: message.status in DELIVERED_STATUSES)
parse_campaign = RowParser(Campaign)
parse_agent = RowParser(Agent)
parse_list = RowParser(ContactsList)
parse_contact = RowParser(Contact)
parse_message_state = RowParser(State)


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
