"""The account's messages: who was sent what and when, and the whole life of each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from mailjet_sandbox.campaigns import Campaign
from mailjet_sandbox.lives import HARD_LIVES, Event, Life, ordinary_life
from mailjet_sandbox.people import Contact
from mailjet_sandbox.rates import Rates

_FIRST_IDS = (20_547_681_647_433_000, 576_460_756_513_665_525, 1_152_921_510_139_450_367)
"""Mailjet's message IDs grew from 17 to 19 digits; an account here lives through all of it."""


@dataclass(slots=True)
class Message:
    """One email to one recipient; instants are Unix seconds.

    `arrived_at` is as it was sent, however late the delivery. `contact_alt` is the address as the message names it, at
    times empty. `events` are all that ever happens to it, in order of time, also what is yet to come.
    """

    id: int
    created_at: int
    arrived_at: int
    contact: Contact
    campaign: Campaign
    contact_alt: str
    custom_id: str
    subject: str
    uuid: str
    tracked: bool
    events: list[Event]

    def status_at(self, now: int) -> str:
        """The word for the latest of its events at `now`."""
        status = "unknown"
        for event in self.events:
            if event.at > now:
                break
            status = event.status
        return status

    @property
    def delivered_at(self) -> int | None:
        """When the recipient's server took it, which may be days after `arrived_at`; None if it never did."""
        return next((event.at for event in self.events if event.status == "sent"), None)

    def arrival_at(self, now: int) -> int:
        """When it arrived with the recipient's server if that was by `now`, else when it arrived with Mailjet."""
        delivered_at = self.delivered_at
        return self.arrived_at if delivered_at is None or delivered_at > now else delivered_at


_Send = tuple[int, Campaign, Contact]


def make_messages(
    rng: Random,
    count: int,
    span: tuple[int, int],
    campaigns: Sequence[Campaign],
    contacts: Sequence[Contact],
    rates: Rates,
    tracked: bool,
    hard_cases: bool,
) -> list[Message]:
    """`count` messages in order of their IDs, sent within `span` (first and last instant).

    With `hard_cases` every one of `HARD_LIVES` is lived twice, early and late; in an account of few messages at most
    every second message lives one. `tracked=False`: nobody is seen to open or click.
    """
    sends = _plan_sends(rng, count, span, campaigns, contacts, rates)
    hard = hard_lives(count) if hard_cases else {}
    return [_message(rng, number, count, send, hard.get(number), rates, tracked) for number, send in enumerate(sends)]


def _plan_sends(
    rng: Random,
    count: int,
    span: tuple[int, int],
    campaigns: Sequence[Campaign],
    contacts: Sequence[Contact],
    rates: Rates,
) -> list[_Send]:
    """A newsletter goes to nobody twice; whatever newsletters leave is transactional."""
    ring = _Ring(rng, contacts)
    newsletters = [campaign for campaign in campaigns if not campaign.transactional]
    single = [campaign for campaign in campaigns if campaign.transactional]
    size = min(len(contacts), round(count * (1 - rates.transactional) / max(1, len(newsletters))))
    sends: list[_Send] = []
    for campaign in newsletters:
        pace = (campaign.send_end_at - campaign.send_start_at) / max(1, size)
        sends += [(campaign.send_start_at + int(pace * place), campaign, ring.next()) for place in range(size)]
    first, last = span
    for _ in range(count - len(sends)):
        sends.append((first + int(rng.random() * (last - first)), single[int(rng.random() * len(single))], ring.next()))
    sends.sort(key=lambda send: send[0])
    return sends[:count]


class _Ring:
    """All contacts again and again, so that everybody gets about as many messages; those of odd data come first."""

    def __init__(self, rng: Random, contacts: Sequence[Contact]) -> None:
        rest = list(contacts[20:])
        rng.shuffle(rest)
        self._contacts, self._at = [*contacts[:20], *rest], -1

    def next(self) -> Contact:
        self._at += 1
        return self._contacts[self._at % len(self._contacts)]


def hard_lives(count: int) -> dict[int, Life]:
    """Which message, by its place in the order of sending, lives which hard life."""
    copies = 2 if count >= 4 * len(HARD_LIVES) else 1
    lives = (HARD_LIVES * copies)[: count // 2]
    return {int((place + 0.5) * count / len(lives)): life for place, life in enumerate(lives)}


def _message(
    rng: Random, number: int, count: int, send: _Send, hard: Life | None, rates: Rates, account_tracked: bool
) -> Message:
    created_at, campaign, contact = send
    arrived_at = created_at + int(rng.random() * 25)
    tracked = account_tracked and (campaign.tracked or hard is not None)
    events = hard(rng, arrived_at) if hard else ordinary_life(rng, arrived_at, rates, tracked)
    if not tracked:
        events = [event for event in events if event.status not in ("opened", "clicked")]
    return Message(
        id=_FIRST_IDS[number * 3 // count] + number * 4_096 + int(rng.random() * 4_000),
        created_at=created_at,
        arrived_at=arrived_at,
        contact=contact,
        campaign=campaign,
        contact_alt=contact_alt(number, contact),
        custom_id=custom_id(number, campaign),
        subject=subject_for(number, campaign, contact),
        uuid=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        tracked=tracked,
        events=events,
    )


def contact_alt(number: int, contact: Contact) -> str:
    """The address as message `number` names it: at times none, or an old one."""
    if number % 211 == 5 or (contact.erased and number % 2):
        return ""
    return f"old.{contact.email}" if number % 211 == 7 else contact.email


def custom_id(number: int, campaign: Campaign) -> str:
    """The CustomID of message `number`, empty where the campaign gives none."""
    return f"order-{number:06d}" if campaign.gives_custom_ids else ""


def subject_for(number: int, campaign: Campaign, contact: Contact) -> str:
    """The campaign's subject, filled for the recipient."""
    subject = campaign.message_subject
    if "{" not in subject:
        return subject
    return subject.format(first=contact.properties.get("firstname", "hello"), number=number)
