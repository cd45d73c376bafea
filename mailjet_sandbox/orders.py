"""Orders in the shop that the account writes for, each with the cause that was planted.

They are what Segment's warehouse would have in a table of track calls such as `order_completed`. An order is a function
of the seed and of a message or a person, so that it stays the same as the clock moves on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from random import Random
from typing import Literal

from mailjet_sandbox.account import Account
from mailjet_sandbox.happened import Happened, to_happened
from mailjet_sandbox.lives import DAY, HOUR
from mailjet_sandbox.people import normal_user_id

Cause = Literal["click", "open", "too late", "after software", "anyway"]
"""Why somebody ordered: a click or an open less than `WINDOW_S` before; such a touch, but longer ago; a message that
only software opened or clicked; or no message at all."""

WINDOW_S = 5 * DAY
"""How long a click or an open is taken for the cause of an order."""

_AFTER_CLICK, _AFTER_OPEN, _TOO_LATE, _AFTER_SOFTWARE = 0.30, 0.06, 0.04, 0.10
_PER_DAY = 0.008
"""Orders that a person makes each day anyway."""
_STRANGERS = 0.2
"""So many people who get no mail, for each contact."""
_EDGES_S: Sequence[tuple[int, Cause]] = ((0, "click"), (WINDOW_S - 1, "click"), (WINDOW_S, "too late"))
"""Seconds after a click at which the first buyers order."""
_ENDLESS = 1 << 40


@dataclass(frozen=True)
class Order:
    """A track call `Order Completed`, which Segment got at `received_at`. `email_id`: of the message that caused it."""

    id: str
    user_id: str
    at: datetime
    received_at: datetime
    revenue: float
    cause: Cause
    email_id: str | None


def make_orders(seed: int, account: Account, now: int) -> list[Order]:
    """All orders that Segment has by `now` (Unix seconds), in order of time."""
    received = [
        order
        for order in (*_caused(seed, account), *_anyway(seed, account, now))
        if order.received_at.timestamp() <= now
    ]
    return sorted(received, key=lambda order: (order.at, order.id))


def _caused(seed: int, account: Account) -> Iterator[Order]:
    messages: dict[str, list[Happened]] = defaultdict(list)
    for event in to_happened(account, None, _ENDLESS, _ENDLESS):
        if event.kind in ("opened", "clicked") and event.user_id is not None:
            messages[event.email_id].append(event)
    edges = iter(_EDGES_S)
    for email_id, events in messages.items():
        rng = Random(f"orders {seed} {email_id}")
        by_people = [event for event in events if event.actor == "human"]
        clicks = [event for event in by_people if event.kind == "clicked"]
        edge = next(edges, None) if clicks else None
        if edge:
            yield _order(rng, clicks[-1], *edge)
        elif clicks and rng.random() < _AFTER_CLICK:
            yield _order(rng, rng.choice(clicks), _delay_s(rng, 6 * HOUR), "click")
        elif by_people and not clicks and rng.random() < _AFTER_OPEN:
            yield _order(rng, rng.choice(by_people), _delay_s(rng, 12 * HOUR), "open")
        elif by_people and rng.random() < _TOO_LATE:
            yield _order(rng, by_people[-1], WINDOW_S + rng.randrange(2 * HOUR), "too late")
        elif not by_people and rng.random() < _AFTER_SOFTWARE:
            yield _order(rng, events[-1], HOUR + rng.randrange(DAY), "after software")


def _anyway(seed: int, account: Account, now: int) -> Iterator[Order]:
    """Everybody orders at times, also people who get no mail."""
    known = [
        normal_user_id(contact.properties.get(account.property_name or ""))
        for contact in account.contacts
        if not contact.erased
    ]
    strangers = [f"guest-{number:06d}" for number in range(int(len(account.contacts) * _STRANGERS))]
    for user_id in dict.fromkeys([*filter(None, known), *strangers]):
        rng, at = Random(f"orders {seed} {user_id}"), float(account.start)
        while (at := at + rng.expovariate(_PER_DAY / DAY)) <= now:
            yield _made(rng, user_id, int(at), "anyway", None)


def _delay_s(rng: Random, mean_s: int) -> int:
    return min(WINDOW_S - 1, 1 + int(rng.expovariate(1 / mean_s)))


def _order(rng: Random, event: Happened, after_s: int, cause: Cause) -> Order:
    assert event.user_id is not None
    return _made(rng, event.user_id, int(event.at.timestamp()) + after_s, cause, event.email_id)


def _made(rng: Random, user_id: str, at: int, cause: Cause, email_id: str | None) -> Order:
    """Most calls reach Segment at once, some days later: a phone was offline."""
    received_at = at + (rng.randrange(1, 4) if rng.random() < 0.97 else rng.randrange(HOUR, 3 * DAY))
    return Order(
        id=f"order-{rng.getrandbits(48):012x}",
        user_id=user_id,
        at=_instant(at),
        received_at=_instant(received_at),
        revenue=round(5 + rng.expovariate(1 / 45), 2),
        cause=cause,
        email_id=email_id,
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
