"""The JSON of each resource's rows, with the fields of Mailjet's OpenAPI file and the names that arrive in JSON."""

from __future__ import annotations

import time
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
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def message_row(message: Message, query: Query) -> Row:
    """`ContactAlt`, `CustomID` and `Subject` are empty unless their flag asks for them."""
    now = query.view.now
    reached = [event for event in message.events if event.at <= now]
    latest = reached[-1] if reached else None
    state = MESSAGE_STATES.get(latest.state) if latest else None
    shown = not query.single or query.switches.single_message_shows
    return {
        "ArrivedAt": rfc3339(message.arrived_at),
        "AttachmentCount": 0,
        "AttemptCount": sum(event.status == "deferred" for event in reached),
        "CampaignID": message.campaign.id,
        "ContactAlt": message.contact_alt if shown and query.flag("ShowContactAlt") else "",
        "ContactID": message.contact.id,
        "CustomID": message.custom_id if shown and query.flag("ShowCustomID") else "",
        "Delay": message.arrived_at - message.created_at,
        "DestinationID": 3,
        "FilterTime": 96,
        "ID": message.id,
        "IsClickTracked": message.tracked,
        "IsHTMLPartIncluded": True,
        "IsOpenTracked": message.tracked,
        "IsTextPartIncluded": True,
        "IsUnsubTracked": not message.campaign.transactional,
        "MessageSize": 14_000 + message.id % 9_000,
        "SenderID": _SENDER_ID,
        "SpamassRules": "",
        "SpamassassinScore": 0,
        "StateID": state.id if state else 0,
        "StatePermanent": bool(state and state.permanent),
        "Status": latest.status if latest else "unknown",
        "Subject": message.subject if shown and query.flag("ShowSubject") else "",
        "UUID": message.uuid,
    }


def open_row(listed: Listed, query: Query) -> Row:
    """A row of `openinformation`."""
    message, event = listed.message, listed.event
    agent = USER_AGENTS.get(event.agent)
    return {
        "ArrivedAt": rfc3339(message.arrived_at),
        "CampaignID": message.campaign.id,
        "ContactID": message.contact.id,
        "MessageID": message.id,
        "OpenedAt": rfc3339(event.at),
        "UserAgentFull": agent.full if agent else "",
        "UserAgentID": event.agent,
    }


def click_row(listed: Listed, query: Query) -> Row:
    """A row of `clickstatistics`; it names no campaign."""
    message, event = listed.message, listed.event
    return {
        "ClickedAt": rfc3339(event.at),
        "ClickedDelay": event.at - message.arrived_at,
        "ContactID": message.contact.id,
        "ID": listed.id,
        "MessageID": message.id,
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


def list_row(each: ContactsList, query: Query) -> Row:
    """A row of `contactslist`."""
    created = rfc3339(query.view.account.start - 86_400)
    return {
        "Address": f"list{each.id}",
        "CreatedAt": created,
        "ID": each.id,
        "IsDeleted": False,
        "Name": each.name,
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
        for name, value in contact.properties.items()
        if wanted is None or names_match(wanted, name, query)
    ]
    return {"ContactID": contact.id, "Data": data, "ID": contact.id}


def names_match(asked: str, stored: str, query: Query) -> bool:
    """Whether `Fields` means a property."""
    return asked == stored or (not query.switches.fields_match_case and asked.lower() == stored.lower())


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
