"""The JSON of each resource's rows, with the fields of Mailjet's OpenAPI file and the names that arrive in JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from mailjet_sandbox.account import Listed
from mailjet_sandbox.campaigns import Campaign, ContactsList
from mailjet_sandbox.lives import Event
from mailjet_sandbox.message_states import MESSAGE_STATES, MessageState
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import Contact
from mailjet_sandbox.query import Query
from mailjet_sandbox.user_agents import USER_AGENTS, UserAgent

Row = dict[str, Any]

_SENDER_ID = 1_001


def rfc3339(seconds: int) -> str:
    """Unix seconds as `2018-01-01T00:00:00Z`."""
    days, rest = divmod(seconds, 86_400)
    return _date(days) + _time(rest)


@lru_cache(1_000)
def _date(days: int) -> str:
    return time.strftime("%Y-%m-%dT", time.gmtime(days * 86_400))


@cache
def _time(seconds: int) -> str:
    return time.strftime("%H:%M:%SZ", time.gmtime(seconds))


def message_row(message: Message, query: Query) -> Row:
    """A row of `message`; see `message_writer`."""
    reached = [event for event in message.events if event.at <= query.view.now]
    latest = reached[-1] if reached else None
    return message_writer(query)(
        message.id,
        message.created_at,
        _arrival(message, query),
        message.contact,
        message.campaign,
        message.contact_alt,
        message.custom_id,
        message.subject,
        message.uuid,
        message.tracked,
        latest.status if latest else "unknown",
        latest.state if latest else 0,
        sum(event.status == "deferred" for event in reached),
    )


def _arrival(message: Message, query: Query) -> int:
    """The `ArrivedAt` of a message."""
    return message.arrival_at(query.view.now) if query.switches.arrival_moves else message.arrived_at


def message_writer(query: Query) -> Callable[..., Row]:
    """Writes a row of `message` from its columns; the address, CustomID and subject are shown only where asked for."""
    shown = not query.single or query.switches.single_message_shows
    shows_alt, shows_custom, shows_subject = (
        shown and query.flag(name) for name in ("ShowContactAlt", "ShowCustomID", "ShowSubject")
    )

    def write(
        identity: int,
        created_at: int,
        arrived_at: int,
        contact: Contact,
        campaign: Campaign,
        contact_alt: str,
        custom_id: str,
        subject: str,
        uuid: str,
        tracked: bool,
        status: str,
        state: int,
        attempts: int,
    ) -> Row:
        return {
            "ArrivedAt": rfc3339(arrived_at),
            "AttachmentCount": 0,
            "AttemptCount": attempts,
            "CampaignID": campaign.id,
            "ContactAlt": contact_alt if shows_alt else "",
            "ContactID": contact.id,
            "CustomID": custom_id if shows_custom else "",
            "Delay": arrived_at - created_at,
            "DestinationID": 3,
            "FilterTime": 96,
            "ID": identity,
            "IsClickTracked": tracked,
            "IsHTMLPartIncluded": True,
            "IsOpenTracked": tracked,
            "IsTextPartIncluded": True,
            "IsUnsubTracked": not campaign.transactional,
            "MessageSize": 14_000 + identity % 9_000,
            "SenderID": _SENDER_ID,
            "SpamassRules": "",
            "SpamassassinScore": 0,
            "StateID": state if state in MESSAGE_STATES else 0,
            "StatePermanent": state in MESSAGE_STATES and MESSAGE_STATES[state].permanent,
            "Status": status,
            "Subject": subject if shows_subject else "",
            "UUID": uuid,
        }

    return write


def open_row(listed: Listed, query: Query) -> Row:
    """A row of `openinformation`."""
    message, event = listed.message, listed.event
    return write_open(message.id, _arrival(message, query), message.campaign.id, message.contact.id, event)


def write_open(message: int, arrived_at: int, campaign: int, contact: int, event: Event) -> Row:
    """The same from its columns."""
    agent = USER_AGENTS.get(event.agent)
    return {
        "ArrivedAt": rfc3339(arrived_at),
        "CampaignID": campaign,
        "ContactID": contact,
        "MessageID": message,
        "OpenedAt": rfc3339(event.at),
        "UserAgentFull": agent.full if agent else "",
        "UserAgentID": event.agent,
    }


def click_row(listed: Listed, query: Query) -> Row:
    """A row of `clickstatistics`; it names no campaign."""
    message, event = listed.message, listed.event
    return write_click(message.id, _arrival(message, query), message.campaign.id, message.contact.id, event, listed.id)


def write_click(message: int, arrived_at: int, campaign: int, contact: int, event: Event, identity: int) -> Row:
    """The same from its columns."""
    return {
        "ClickedAt": rfc3339(event.at),
        "ClickedDelay": event.at - arrived_at,
        "ContactID": contact,
        "ID": identity,
        "MessageID": message,
        "Url": event.url,
        "UserAgentID": event.agent,
    }


def bounce_row(listed: Listed, query: Query) -> Row:
    """A row of `bouncestatistics`, whose `ID` is the message's."""
    message, event = listed.message, listed.event
    return {
        "BouncedAt": rfc3339(event.at),
        "CampaignID": message.campaign.id,
        "ContactID": message.contact.id,
        "ID": message.id,
        "IsBlocked": event.blocked,
        "IsStatePermanent": MESSAGE_STATES[event.state].permanent,
        "StateID": event.state,
    }


def history_row(event: Event, query: Query) -> Row:
    """A row of `messagehistory`; its `EventAt` is Unix seconds."""
    agent, state = USER_AGENTS.get(event.agent), MESSAGE_STATES.get(event.state)
    return {
        "Comment": "550 5.1.1 refused" if state else "",
        "EventAt": event.at,
        "EventType": event.status,
        "State": state.state if state else "",
        "Useragent": agent.full if agent else "",
        "UseragentID": event.agent,
    }


def campaign_row(campaign: Campaign, query: Query) -> Row:
    """A row of `campaign`."""
    ended = campaign.send_end_at <= query.view.now
    return {
        "CampaignType": 1 if campaign.transactional else 2,
        "ClickTracked": int(campaign.tracked),
        "CreatedAt": rfc3339(campaign.send_start_at - 600),
        "CustomValue": campaign.custom_value,
        "FirstMessageID": 0,
        "FromEmail": "news@shop.example.com",
        "FromID": _SENDER_ID,
        "FromName": "Example Shop",
        "HasHtmlCount": 1,
        "HasTxtCount": 1,
        "ID": campaign.id,
        "IsDeleted": False,
        "IsStarred": False,
        "ListID": campaign.list_id,
        "NewsLetterID": 0 if campaign.transactional else campaign.id - 7_594_000_000,
        "OpenTracked": int(campaign.tracked),
        "SegmentationID": 0,
        "SendEndAt": rfc3339(campaign.send_end_at) if ended else "",
        "SendStartAt": rfc3339(campaign.send_start_at),
        "SpamassScore": 0,
        "Status": 2 if ended else 1,
        "Subject": campaign.subject,
        "UnsubscribeTrackedCount": 0,
        "WorkflowID": 0,
    }


def list_row(contact_list: ContactsList, query: Query) -> Row:
    """A row of `contactslist`."""
    created = rfc3339(query.view.account.start - 86_400)
    return {
        "Address": f"list{contact_list.id}",
        "CreatedAt": created,
        "ID": contact_list.id,
        "IsDeleted": False,
        "Name": contact_list.name,
        "SubscriberCount": 0,
    }


def contact_row(contact: Contact, query: Query) -> Row:
    """A row of `contact`."""
    created = rfc3339(contact.created_at)
    return {
        "CreatedAt": created,
        "DeliveredCount": query.view.account.message_count(contact),
        "Email": contact.email,
        "ExclusionFromCampaignsUpdatedAt": "",
        "ID": contact.id,
        "IsExcludedFromCampaigns": False,
        "IsOptInPending": False,
        "IsSpamComplaining": False,
        "LastActivityAt": created,
        "LastUpdateAt": created,
        "Name": contact.name,
        "UnsubscribedAt": "",
        "UnsubscribedBy": "",
    }


def contact_data_row(contact: Contact, query: Query) -> Row:
    """A row of `contactdata`, with the property that `Fields` names, or all of them."""
    wanted = query.text("Fields")
    data = [
        {"Name": name, "Value": value}
        for name, value in properties_of(contact, query).items()
        if wanted is None or names_match(wanted, name, query)
    ]
    return {"ContactID": contact.id, "Data": data, "ID": contact.id}


def properties_of(contact: Contact, query: Query) -> Mapping[str, Any]:
    """The extra data of a contact; where properties have twins, that of the twin comes first."""
    property_name = query.view.account.property_name
    if property_name and query.switches.twin_property and "firstname" in contact.properties:
        return {twin_of(property_name): f"twin-{contact.id}", **contact.properties}
    return contact.properties


def twin_of(property_name: str) -> str:
    """The name of a property that differs from another's in case alone."""
    return property_name.swapcase()


def names_match(wanted: str, stored: str, query: Query) -> bool:
    """Whether `Fields` means a property."""
    return wanted == stored or (not query.switches.fields_match_case and wanted.lower() == stored.lower())


def metadata_row(item: tuple[int, str], query: Query) -> Row:
    """A row of `contactmetadata`."""
    identity, name = item
    return {"Datatype": "str", "ID": identity, "Name": name, "NameSpace": "static"}


def agent_row(agent: UserAgent, query: Query) -> Row:
    """A row of `useragent`."""
    return {
        "Browser": agent.browser,
        "ID": agent.id,
        "IsBot": agent.is_bot,
        "IsMobile": agent.is_mobile,
        "Platform": agent.platform,
    }


def state_row(state: MessageState, query: Query) -> Row:
    """A row of `messagestate`."""
    return {"ID": state.id, "RelatedTo": state.related_to, "State": state.state}
