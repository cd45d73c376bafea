"""The account's campaigns and lists: newsletters that go to a list, and the campaigns of transactional mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple


@dataclass(frozen=True)
class ContactsList:
    """A row of `contactslist`; a `deleted` one gives 404."""

    id: int
    name: str
    deleted: bool = False


@dataclass(frozen=True)
class Campaign:
    """A row of `campaign`; instants are Unix seconds.

    `message_subject` is what each message fills for its recipient: `{first}` and `{number}`. A `deleted` campaign gives
    404, though its messages stay. Transactional campaigns have list 0 and no listing of contacts.
    """

    id: int
    subject: str
    message_subject: str
    custom_value: str
    list_id: int
    send_start_at: int
    send_end_at: int
    deleted: bool = False
    tracked: bool = True
    gives_custom_ids: bool = False

    @property
    def transactional(self) -> bool:
        """Whether it gathers single messages rather than being a newsletter."""
        return self.list_id == 0


LISTS = (
    ContactsList(123, "Newsletter"),
    ContactsList(124, "Kundinnen & Kunden: Angebote für 2025 €"),
    ContactsList(125, "Partners 2019", deleted=True),
)


class _Template(NamedTuple):
    subject: str
    message_subject: str
    custom_value: str = ""
    list_id: int = 0
    tracked: bool = True
    gives_custom_ids: bool = False


_TRANSACTIONAL = (
    _Template("Your order is on its way", "Your order {number} is on its way", gives_custom_ids=True),
    _Template("Your receipt", "Receipt for order {number}", "transactional-receipts", gives_custom_ids=True),
    _Template("Welcome", "Welcome, {first}"),
    _Template("Reset your password", "Reset your password", tracked=False),
)
_NEWSLETTERS = (
    _Template("The week in review", "The week in review", list_id=123),
    _Template("Your summer offers", "{first}, your summer offers", "mj.nl=123", 124),
    _Template("Ein Herz für Gärten 🌱", "Ein Herz für Gärten 🌱", "spring-garden", 123),
    _Template("Last days of the sale", "Last days of the sale", "sale; final", 124),
    _Template("What our partners say", "What our partners say", list_id=125),
    _Template("A change to our terms", "A change to our terms", list_id=123),
)
_DELETED = 5
"""The newsletter whose campaign was deleted after it went out."""

_FIRST_ID = 7_594_000_051
SENDING_S = 5_400
"""How long a newsletter takes to go out."""


def make_campaigns(rng: Random, start: int, seconds: int, newsletters: int, tracked: bool) -> list[Campaign]:
    """`newsletters` newsletters spread over the account's time, after the transactional campaigns that last all of it.

    `start` is in Unix seconds; with `tracked=False` nothing is tracked in any of them.
    """
    sends_at = [start + int((number + 0.8 * rng.random()) * seconds / newsletters) for number in range(newsletters)]
    return plan_campaigns(start, start + seconds, sends_at, tracked)


def plan_campaigns(start: int, end: int, sends_at: Sequence[int], tracked: bool = True) -> list[Campaign]:
    """The transactional campaigns, and a newsletter for each of the instants; all in Unix seconds."""
    campaigns = [_campaign(number, template, start, end, tracked) for number, template in enumerate(_TRANSACTIONAL)]
    for number, send_at in enumerate(sends_at):
        template = _NEWSLETTERS[number % len(_NEWSLETTERS)]
        campaign = _campaign(len(campaigns), template, send_at, min(send_at + SENDING_S, end), tracked)
        campaigns.append(replace(campaign, deleted=number == _DELETED))
    return campaigns


def _campaign(number: int, template: _Template, send_start_at: int, send_end_at: int, tracked: bool) -> Campaign:
    return Campaign(
        id=_FIRST_ID + number * 7,
        subject=template.subject,
        message_subject=template.message_subject,
        custom_value=template.custom_value,
        list_id=template.list_id,
        send_start_at=send_start_at,
        send_end_at=send_end_at,
        tracked=tracked and template.tracked,
        gives_custom_ids=template.gives_custom_ids,
    )
