"""What truly happened, in the words of whoever reads it: the sandbox's testimony for tests to compare with.

Message ids are spelt out here a second time, from the contract alone, so that a mistake in the connectors' own shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache

from mailjet_sandbox.account import Account
from mailjet_sandbox.lives import NEVER_SENT, Event
from mailjet_sandbox.message_states import MESSAGE_STATES
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import normal_user_id
from mailjet_sandbox.plants import Actor, actor_of
from mailjet_sandbox.user_agents import USER_AGENTS, UserAgent
from mailjet_sandbox.webhook_facts import webhook_facts

KINDS = {
    "sent": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "unsub": "unsubscribed",
    "spam": "spam",
    "softbounced": "bounced",
    "hardbounced": "bounced",
}
"""What each of REST's words means; the others are no events."""

BLOCKED = "blocked"
"""Mailjet itself did not send the message: Segment has no such collection, so it is part of no truth by default."""

STREAMS = {
    "delivered": "email_delivered",
    "opened": "email_opened",
    "clicked": "email_link_clicked",
    "unsubscribed": "email_unsubscribed",
    "bounced": "email_bounced",
    "spam": "email_marked_as_spam",
}
"""Where each kind of event must arrive."""

BLOCKED_STREAM = "email_blocked"
"""Where those of a blocked message do, if somebody wants them."""

_OVERWRITTEN = ("unsubscribed", "spam")
_OUTCOMES = ("sent", "softbounced", "hardbounced", BLOCKED)


@dataclass(frozen=True)
class Happened:
    """One event of one message. What Mailjet knows nothing of, or no longer, is None.

    `at`: when it truly happened. `arrived_at`: the message's `ArrivedAt`, earlier than `at` for a late delivery.
    `pending_until`: until when the message was neither delivered nor bounced, None if it never waited. `listed_at`:
    from when on REST tells of it. `beyond_rest`: REST cannot tell of it, as its message's status was overwritten since.
    `ip` and what follows it only webhooks tell. `actor` (of opens and clicks) and `plant` nobody tells: they are what
    `plants` did.
    Two opens or clicks in one second are two of these, with one `id`.
    """

    kind: str
    email_id: str
    at: datetime
    arrived_at: datetime
    listed_at: datetime
    beyond_rest: bool
    pending_until: datetime | None
    address: str | None
    user_id: str | None
    contact_id: str
    subject: str | None
    custom_id: str | None
    message_uuid: str
    campaign_id: str
    campaign_name: str | None
    custom_campaign: str | None
    list_id: str | None
    list_name: str | None
    link_url: str | None
    click_delay_s: int | None
    agent: UserAgent | None
    bounce_type: str | None
    is_blocked: bool | None
    error: str | None
    error_related_to: str | None
    ip: str | None
    country: str | None
    smtp_reply: str | None
    comment: str | None
    complaint_source: str | None
    payload: str | None
    actor: Actor | None
    plant: str

    @property
    def stream(self) -> str:
        """The stream, and the table, that the event belongs to."""
        return BLOCKED_STREAM if self.kind == BLOCKED else STREAMS[self.kind]

    @property
    def is_bot(self) -> bool | None:
        """Whether software did it, where Mailjet knows."""
        return self.agent.is_bot if self.agent else None

    @property
    def id(self) -> str:
        """The event's message id, without a destination's suffix."""
        return _id(self.kind, self.email_id, int(self.at.timestamp()), self.link_url or "")


def to_happened(
    account: Account, since: int | None, until: int | None, now: int, with_blocked: bool = False
) -> list[Happened]:
    """All that happened with `since <= at < until` and not after `now` (Unix seconds), in order of time."""
    events = iterate_happened(account, since, until, now, with_blocked)
    return sorted(events, key=lambda event: (event.at, event.id))


def iterate_happened(
    account: Account, since: int | None, until: int | None, now: int, with_blocked: bool = False
) -> Iterator[Happened]:
    """The same one by one, in no order."""
    return (_to_happened(account, *pair, now) for pair in _events(account, since, until, now, with_blocked))


def event_ids(account: Account, since: int | None, until: int | None, now: int) -> Iterator[tuple[str, str]]:
    """Stream and id of what REST can tell of that, each id once, message by message: cheap for millions of events."""
    latest, seen = 0, set[str]()
    for message, event in _events(account, since, until, now):
        kind, identity = KINDS[event.status], str(message.id)
        if kind in _OVERWRITTEN and _is_beyond_rest(message, now):
            continue
        if message.id != latest:
            latest, seen = message.id, set()
        event_id = _id(kind, identity, event.at, event.url)
        if event_id not in seen:
            seen.add(event_id)
            yield STREAMS[kind], event_id


def _events(
    account: Account, since: int | None, until: int | None, now: int, with_blocked: bool = False
) -> Iterator[tuple[Message, Event]]:
    first, last = since if since is not None else account.start, min(until if until is not None else now + 1, now + 1)
    for message in account.messages:
        for event in message.events:
            if first <= event.at < last and (_is_event(event) or (with_blocked and event.status == BLOCKED)):
                yield message, event


def _is_event(event: Event) -> bool:
    return event.status in KINDS and event.state not in NEVER_SENT


def _is_beyond_rest(message: Message, now: int) -> bool:
    """Whether an unsubscribe or complaint of the message cannot be found, as its status was overwritten since."""
    return message.status_at(now) not in ("unsub", "spam")


def _id(kind: str, message: str, at: int, url: str) -> str:
    if kind == "opened":
        return f"mailjet-opened-{message}-{at}"
    if kind == "clicked":
        return f"mailjet-clicked-{message}-{at}-{_digest(url)}"
    return f"mailjet-{kind}-{message}"


@lru_cache(1_000)
def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:8]


def _to_happened(account: Account, message: Message, event: Event, now: int) -> Happened:
    kind, contact = KINDS.get(event.status, BLOCKED), message.contact
    campaign = account.campaign_by_id.get(message.campaign.id)
    delivery = next(change for change in message.events if change.status in _OUTCOMES)
    contact_list = account.list_by_id.get(campaign.list_id) if campaign else None
    state = MESSAGE_STATES.get(event.state) if kind in ("bounced", BLOCKED) else None
    bounce = state if kind == "bounced" else None
    custom = campaign.custom_value if campaign else ""
    return Happened(
        kind=kind,
        email_id=str(message.id),
        at=_instant(event.at),
        arrived_at=_instant(message.arrived_at),
        listed_at=_instant(account.listed_at(message, event) if kind in ("opened", "clicked", "bounced") else event.at),
        beyond_rest=kind in _OVERWRITTEN and _is_beyond_rest(message, now),
        pending_until=_instant(delivery.at) if delivery.at > message.arrived_at else None,
        address=message.contact_alt or (None if contact.erased else contact.email),
        user_id=None if contact.erased else normal_user_id(contact.properties.get(account.property_name or "")),
        contact_id=str(contact.id),
        subject=message.subject,
        custom_id=message.custom_id or None,
        message_uuid=message.uuid,
        campaign_id=str(message.campaign.id),
        campaign_name=_campaign_name(campaign.subject, custom) if campaign else None,
        custom_campaign=custom or None,
        list_id=str(campaign.list_id) if campaign and campaign.list_id else None,
        list_name=contact_list.name if contact_list else None,
        link_url=event.url if kind == "clicked" else None,
        click_delay_s=event.at - message.arrived_at if kind == "clicked" else None,
        agent=USER_AGENTS.get(event.agent) if kind in ("opened", "clicked", "unsubscribed") else None,
        bounce_type=("hard" if bounce.permanent else "soft") if bounce else None,
        is_blocked=event.blocked if bounce else None,
        error=state.state if state else None,
        error_related_to=state.related_to if state else None,
        **webhook_facts(message, event)._asdict(),
        actor=actor_of(event) if kind in ("opened", "clicked") else None,
        plant=event.plant,
    )


def _campaign_name(subject: str, custom_value: str) -> str | None:
    named = custom_value and not custom_value.startswith("mj.nl=")
    return (custom_value if named else subject) or None


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
