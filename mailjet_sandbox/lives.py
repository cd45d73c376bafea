"""What happens to one message after it was sent: most lives by chance, and a table of those that make the truth hard.

A life is its events in order of time, in the words of REST: `queued deferred sent opened clicked unsub spam softbounced
hardbounced blocked`. The latest of them is the message's status; with none yet, it is `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import NamedTuple

from mailjet_sandbox.message_states import BOUNCES, MESSAGE_STATES, REFUSALS, MessageState
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.user_agents import BOTS, FORGOTTEN_AGENT, NO_AGENT, PEOPLE_USE

MINUTE, HOUR, DAY = 60, 3_600, 86_400

LINKS = (
    "https://shop.example.com/sale",
    "https://shop.example.com/item?id=17&utm_source=mailjet&utm_campaign=été",
    "https://blog.example.org/größe/日本語?q=a%20b+c#comments",
    "https://shop.example.com/",
    "https://example.net/unsubscribe?contact=1&list=2",
    "HTTP://EXAMPLE.COM:80/Path;v=1/../x",
)


class Event(NamedTuple):
    """One thing that happened to a message at `at` (Unix seconds); fields that its status does not have are empty.

    `plant` says which of `plants` it is, if any.
    """

    at: int
    status: str
    agent: int = NO_AGENT
    url: str = ""
    state: int = 0
    blocked: bool = False
    plant: str = ""


Life = Callable[[Random, int], list[Event]]
"""The events of a message that arrived at an instant (Unix seconds)."""


def ordinary_life(rng: Random, arrived_at: int, rates: Rates, tracked: bool) -> list[Event]:
    """A life by chance, at the rates of the account; nobody is seen to open what is not tracked."""
    lot = rng.random()
    if lot < rates.bounced:
        return _bounced(rng.choice(BOUNCES), rng, arrived_at)
    lot -= rates.bounced
    if lot < rates.preblocked:
        return _refused(rng.choice(REFUSALS), rng, arrived_at)
    lot -= rates.preblocked
    if lot < rates.late:
        return _late(rng, arrived_at, rates, tracked)
    return [Event(arrived_at, "sent"), *_engagement(rng, arrived_at, rates, tracked)]


def _late(rng: Random, arrived_at: int, rates: Rates, tracked: bool) -> list[Event]:
    until = arrived_at + int(rng.choice((5 * MINUTE, 40 * MINUTE, 5 * HOUR, DAY, 3 * DAY)) * (0.8 + 0.4 * rng.random()))
    waiting = [Event(arrived_at + 20, "queued")] if rng.random() < 0.3 else []
    if until - arrived_at > HOUR:
        waiting.append(Event(arrived_at + 30 * MINUTE, "deferred"))
    fate = rng.random()
    if fate < 0.2:
        return [*waiting, Event(until, "softbounced", state=12)]
    if fate < 0.3:
        return [*waiting, Event(until, "hardbounced", state=1, blocked=True)]
    return [*waiting, Event(until, "sent"), *_engagement(rng, until, rates, tracked)]


def _engagement(rng: Random, delivered_at: int, rates: Rates, tracked: bool) -> list[Event]:
    likely = min(0.95, 0.7 * rates.opened)
    opens = _how_many(rng, rates.opened) if tracked else 0
    clicks = _how_many(rng, rates.clicked / likely) if opens else 0
    events = [_engaged(rng, "opened", delivered_at + _wait(rng), delivered_at, rates) for _ in range(opens)]
    for _ in range(clicks):
        event = _engaged(rng, "clicked", rng.choice(events).at + rng.randrange(1, 90), delivered_at, rates)
        events.append(event._replace(url=LINKS[int(rng.random() ** 2 * len(LINKS))]))
    for status, rate in (("unsub", rates.unsubscribed), ("spam", rates.spam)):
        if rng.random() < rate:
            events.append(Event(delivered_at + _wait(rng), status, rng.choice(PEOPLE_USE)))
    events.sort()
    return events


def _engaged(rng: Random, status: str, at: int, delivered_at: int, rates: Rates) -> Event:
    if rng.random() < rates.by_bots:
        return Event(delivered_at + rng.randrange(1, 10), status, rng.choice(BOTS))
    return Event(at, status, rng.choice(PEOPLE_USE))


def _how_many(rng: Random, mean: float) -> int:
    """A count with that mean: mostly none, at times several."""
    likely = min(0.95, 0.7 * mean)
    count = 0
    while mean and rng.random() < (1 - likely / mean if count else likely):
        count += 1
    return count


def _wait(rng: Random) -> int:
    """Seconds until somebody reacts: hours as a rule, weeks at times."""
    return 30 + int(rng.expovariate(1 / (8 * HOUR)) if rng.random() < 0.96 else rng.uniform(7 * DAY, 40 * DAY))


def _bounced(state: MessageState, rng: Random, arrived_at: int) -> list[Event]:
    status = "hardbounced" if state.permanent else "softbounced"
    blocked = state.permanent and state.id % 2 == 1
    return [Event(arrived_at + rng.randrange(2, 900), status, state=state.id, blocked=blocked)]


def _refused(state: MessageState, rng: Random, arrived_at: int) -> list[Event]:
    return [Event(arrived_at, "blocked", state=state.id, blocked=state.permanent)]


def _planned(*plan: tuple[int, str] | tuple[int, str, int] | tuple[int, str, int, str]) -> Life:
    """The life of fixed events, given as seconds after arrival, status, agent and URL."""

    def live(rng: Random, arrived_at: int) -> list[Event]:
        return [
            Event(arrived_at + after, status, *rest) if rest else _usual_event(arrived_at + after, status)
            for after, status, *rest in plan
        ]

    return live


def _usual_event(at: int, status: str) -> Event:
    state = {"softbounced": 12, "hardbounced": 1}.get(status, 0)
    agent = PEOPLE_USE[0] if status in ("opened", "clicked", "unsub", "spam") else NO_AGENT
    return Event(at, status, agent, LINKS[0] if status == "clicked" else "", state)


_READ = PEOPLE_USE[1]
_OPENED_OFTEN = [(HOUR * hours, "opened") for hours in range(1, 15)]

HARD_LIVES: tuple[Life, ...] = (
    _planned((0, "sent"), (500, "opened"), (500, "opened", _READ)),
    _planned((0, "sent"), (26 * DAY, "opened"), (26 * DAY + 20, "clicked")),
    _planned((0, "sent"), (90, "clicked"), (90, "clicked")),
    _planned((0, "sent"), (90, "clicked", _READ, LINKS[1]), (90, "clicked", _READ, LINKS[2])),
    _planned((0, "sent"), (0, "opened"), (95, "clicked", _READ, LINKS[5])),
    _planned((0, "sent"), (2, "opened", BOTS[0]), (2, "clicked", BOTS[0], LINKS[0]), (2, "clicked", BOTS[0], LINKS[3])),
    _planned(
        (0, "sent"), (70, "opened", NO_AGENT), (80, "opened", FORGOTTEN_AGENT), (85, "clicked", NO_AGENT, LINKS[2])
    ),
    _planned((0, "sent"), (HOUR, "unsub")),
    _planned((0, "sent"), (2 * HOUR, "spam")),
    _planned((0, "sent"), (HOUR, "opened"), (HOUR + 40, "unsub"), (5 * HOUR, "spam")),
    _planned((0, "sent"), (HOUR, "spam"), (DAY, "unsub")),
    _planned((0, "sent"), (HOUR, "unsub"), (2 * DAY, "opened")),
    _planned((0, "sent"), (HOUR, "unsub"), (2 * HOUR, "clicked")),
    _planned((0, "sent"), (HOUR, "spam"), (3 * HOUR, "opened")),
    _planned((0, "sent"), (HOUR, "unsub"), (2 * HOUR, "opened"), (3 * DAY, "spam")),
    _planned((0, "sent"), *_OPENED_OFTEN, (16 * HOUR, "unsub", NO_AGENT)),
    _planned((0, "sent"), (12 * DAY, "unsub")),
    _planned((0, "sent"), (45 * DAY, "unsub")),
    _planned((20 * MINUTE, "sent"), (HOUR, "opened")),
    _planned((30, "queued"), (7 * HOUR, "sent"), (8 * HOUR, "opened"), (8 * HOUR + 9, "clicked")),
    _planned((HOUR, "deferred"), (2 * DAY, "sent"), (3 * DAY, "unsub")),
    _planned((HOUR, "deferred"), (DAY, "queued"), (3 * DAY + 8 * HOUR, "sent")),
    _planned((HOUR, "deferred"), (3 * DAY, "softbounced")),
    _planned((60, "queued"), (2 * HOUR, "hardbounced")),
    *(partial(_bounced, state) for state in BOUNCES),
    *(partial(_refused, state) for state in REFUSALS),
)
"""Every case that a reader of this API gets wrong easily; a default account holds each of them twice."""

NEVER_SENT = frozenset(row.id for row in MESSAGE_STATES.values() if row.never_sent)
