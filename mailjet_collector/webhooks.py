"""Our addresses in Mailjet's Event API: registered, shown and removed; and the address of another receiver.

Mailjet has one primary place for each type of event. If another address has it, it is left there, or taken over: then
it is kept as a secret note of the store, gets copies of its posts (`relaying`), and is put back by `remove`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from event_store.store import Store
from mailjet_collector import callback_urls
from mailjet_collector.callback_urls import EVENT_TYPES, GROUPED, Registration
from mailjet_collector.config import AccountConfig
from mailjet_collector.webhook_address import (
    Credentials,
    can_be_relayed_to,
    is_under,
    split_credentials,
    with_credentials,
)
from mailjet_events.from_webhook import KIND_BY_WORD
from mailjet_rest.client import Mailjet
from mailjet_rest.errors import RefusedRequestError

FORMER = "former_webhooks"
"""The note of addresses that were taken over: by type, `{"url": ..., "version": ...}`. It holds credentials."""

_PASSES = 3

State = Literal["ours", "other", "none"]


class Ours(NamedTuple):
    """Our address for an account's posts; `base` has no credentials."""

    base: str
    credentials: Credentials

    def has(self, registration: Registration | None) -> bool:
        """Whether a registration is ours."""
        return registration is not None and is_under(split_credentials(registration.url)[0], self.base)


class Standing(NamedTuple):
    """The receiver of a type's events; `address` has no credentials. `last_post`: the time of its last post here."""

    account: str
    event: str
    state: State
    is_alive: bool
    address: str | None
    last_post: datetime | None


class Step(NamedTuple):
    """A change for a type: `url` goes into its place, which is free if there is no `registration`.

    `is_other`: the place belongs to another receiver.
    """

    event: str
    registration: Registration | None
    url: str
    is_other: bool


def ours_of(account: AccountConfig, public_url: str) -> Ours:
    """Our address of an account, with its name and its first password."""
    credentials = Credentials(account.name, account.webhook_passwords[0])
    return Ours(f"{public_url}/mailjet/{account.name}", credentials)


def register(mailjet: Mailjet, store: Store, account: str, ours: Ours, take_over: bool) -> list[Standing]:
    """Has Mailjet post all types to us, as far as possible; returns the receivers afterwards. Raises `Failure`.

    Reads again after each pass: another run may have been faster, and a new row of a suspended address is dead.
    """
    refusal: RefusedRequestError | None = None
    for _ in range(_PASSES):
        steps = plan_registration(callback_urls.read_primary(mailjet), ours, take_over, secrets.token_hex(4))
        if not steps:
            break
        for step in steps:
            try:
                _take(mailjet, store, account, step)
            except RefusedRequestError as error:
                refusal = error  # MJ18, if somebody else took the place just now: the next pass sees it
    found = standing(mailjet, store, account, ours)
    if refusal and any(place.state == "none" for place in found):
        raise refusal
    return found


def plan_registration(primary: Mapping[str, Registration], ours: Ours, take_over: bool, new_word: str) -> list[Step]:
    """The steps that are missing. Pure. A suspended address cannot come back, so another is used, which
    ends in `new_word` if need be."""
    address = _address(primary, ours, new_word)
    steps = []
    for event in EVENT_TYPES:
        found = primary.get(event)
        if found is None or (ours.has(found) and not found.is_alive):
            steps.append(Step(event, found, with_credentials(address, ours.credentials), False))
        elif ours.has(found):
            shown, credentials = split_credentials(found.url)
            if credentials != ours.credentials or found.version != GROUPED:
                steps.append(Step(event, found, with_credentials(shown, ours.credentials), False))
        elif take_over and can_be_relayed_to(found.url):
            steps.append(Step(event, found, with_credentials(address, ours.credentials), True))
    return steps


def _address(primary: Mapping[str, Registration], ours: Ours, new_word: str) -> str:
    """The same for all types if possible, so that Mailjet groups them; never one that is suspended."""
    mine = [registration for registration in primary.values() if ours.has(registration)]
    dead = {split_credentials(registration.url)[0] for registration in mine if not registration.is_alive}
    alive = [split_credentials(registration.url)[0] for registration in mine if registration.is_alive]
    usable = [address for address in (*alive, ours.base) if address not in dead]
    return usable[0] if usable else f"{ours.base}/{new_word}"


def _take(mailjet: Mailjet, store: Store, account: str, step: Step) -> None:
    if step.registration is None:
        return callback_urls.add(mailjet, step.event, step.url)
    if step.is_other:
        # Noted first: if this process ends here, the address is still registered, and the note does no harm.
        kept = {"url": step.registration.url, "version": step.registration.version}
        store.set_note(account, FORMER, {**former_webhooks(store, account), step.event: kept})
    callback_urls.change(mailjet, step.registration, step.url)


def former_webhooks(store: Store, account: str) -> dict[str, Any]:
    """The addresses that were taken over, by type; with credentials."""
    return dict(store.note(account, FORMER) or {})


def remove(mailjet: Mailjet, store: Store, account: str, ours: Ours) -> list[Standing]:
    """Removes our addresses and puts back those that were taken over; returns the receivers afterwards."""
    primary = callback_urls.read_primary(mailjet)
    for event in EVENT_TYPES:
        _give_back(mailjet, primary.get(event), former_webhooks(store, account).get(event), event, ours)
        former = former_webhooks(store, account)
        if former.pop(event, None):
            store.set_note(account, FORMER, former or None)
    return standing(mailjet, store, account, ours)


def _give_back(
    mailjet: Mailjet, found: Registration | None, former: Mapping[str, Any] | None, event: str, ours: Ours
) -> None:
    if found is None and former:
        callback_urls.add(mailjet, event, former["url"], former["version"])
    elif found is not None and ours.has(found):
        if former:
            callback_urls.change(mailjet, found, former["url"], former["version"])
        else:
            callback_urls.remove(mailjet, found)


def standing(mailjet: Mailjet, store: Store, account: str, ours: Ours) -> list[Standing]:
    """The receiver of each type's events."""
    primary, last_seen = callback_urls.read_primary(mailjet), store.last_seen(account)
    return [
        Standing(
            account=account,
            event=event,
            state="none" if found is None else "ours" if ours.has(found) else "other",
            is_alive=found is not None and found.is_alive,
            address=None if found is None else split_credentials(found.url)[0],
            last_post=last_seen.get(KIND_BY_WORD[event].name),
        )
        for event, found in ((event, primary.get(event)) for event in EVENT_TYPES)
    ]
