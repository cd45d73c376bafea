"""What is true of an event and only a webhook says: addresses of networks, servers' answers, sources of complaints.

Everything follows from the message and the event, so that accounts stay the same as before there were webhooks.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from mailjet_sandbox.lives import Event
from mailjet_sandbox.message_states import MESSAGE_STATES
from mailjet_sandbox.messages import Message
from mailjet_sandbox.user_agents import NO_AGENT, USER_AGENTS

_COUNTRIES = ("US", "FR", "DE", "GB", "JP", "BR")
_SOURCES = ("JMRPP", "greylisted", "SpamCop")
_ENGAGED = ("opened", "clicked", "unsub")


class WebhookFacts(NamedTuple):
    """None where there is nothing to say. `country` is None behind a proxy. `payload`: the sender's own text."""

    ip: str | None = None
    country: str | None = None
    smtp_reply: str | None = None
    comment: str | None = None
    complaint_source: str | None = None
    payload: str | None = None


def webhook_facts(message: Message, event: Event) -> WebhookFacts:
    """Of one event of a message."""
    engaged = event.status in _ENGAGED
    lot = message.id // 7 + event.at
    return WebhookFacts(
        ip=_ip(lot) if engaged else None,
        country=_COUNTRIES[lot % len(_COUNTRIES)] if engaged and not _is_proxied(event) else None,
        smtp_reply=f"250 2.0.0 OK {event.at} {message.id % 100_003:x}.199 - gsmtp" if event.status == "sent" else None,
        comment=_comment(event),
        complaint_source=_SOURCES[lot % len(_SOURCES)] if event.status == "spam" else None,
        payload=_payload(message),
    )


def _is_proxied(event: Event) -> bool:
    agent = USER_AGENTS.get(event.agent)
    return event.agent == NO_AGENT or (agent is not None and (agent.is_bot or "Proxy" in agent.browser))


def _ip(lot: int) -> str:
    """An address of the networks that are kept for examples."""
    return f"2001:db8::{lot % 65_521:x}" if lot % 5 == 0 else f"203.0.113.{lot % 254 + 1}"


def _comment(event: Event) -> str | None:
    state = MESSAGE_STATES.get(event.state)
    if state is None or state.never_sent:
        return None
    return f"550 5.1.{state.id} {state.state}" if state.permanent else f"421 4.7.{state.id} {state.state} (été)"


def _payload(message: Message) -> str | None:
    """JSON with a user id of its own for orders; any text for every ninth other message."""
    if message.custom_id:
        return json.dumps({"order": message.custom_id, "user": {"id": f"p-{message.contact.id}"}})
    return "Eticket,1234,row,15,seat,B" if message.id % 9 == 0 else None
