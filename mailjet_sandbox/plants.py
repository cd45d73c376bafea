"""What makes it hard to tell people from software, planted in a held account by choice, with the truth of each event.

An account without plants stays as it is: its random numbers are not these. In an account with plants

- people have their mail at the well-known providers (`MAILBOXES`), under addresses that nobody can have there;
- each campaign has links of its own, and people click these;
- software that Mailjet does not flag opens and clicks beside the people.

Who did an event is known by its plant (`PLANTS`), else by its agent. The messages of `lives.HARD_LIVES` are spared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Literal, NamedTuple

from mailjet_sandbox.lives import DAY, HOUR, LINKS, MINUTE, Event
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import Contact
from mailjet_sandbox.user_agents import BOTS, PEOPLE_USE, PRIVACY_PROXY

Actor = Literal["human", "privacy", "scanner", "bot"]
"""Who opened or clicked; a bot is what Mailjet flags."""

PLANTS: Mapping[str, Actor] = {
    "proxy": "privacy",  # fetches the pictures soon after the delivery; the real open is mostly hidden from then on
    "scanner": "scanner",  # clicks every link within seconds of the delivery, and may open first
    "gateway": "scanner",  # a hard case: clicks a single link within seconds of the delivery
    "fast": "human",  # a hard case: clicks a single link within 20 s of the delivery
    "tabs": "human",  # a hard case: opens three links within seconds, but hours after the delivery
    "bare": "human",  # a hard case: a mail program that shows as little of itself as a privacy proxy
}
"""Each plant, and whose events it makes."""

MAILBOXES: Mapping[str, float] = {
    "gmail.com": 0.38,
    "yahoo.com": 0.10,
    "outlook.com": 0.09,
    "icloud.com": 0.10,
    "hotmail.com": 0.07,
    "gmx.de": 0.03,
    "orange.fr": 0.03,
    "aol.com": 0.02,
}
"""The share of the contacts with each provider; the others keep their own domain."""
SILENT = "gmail.com"
"""A provider that tells no sender of complaints."""
SCANNED, GUARDED = "example.net", "mail.example.com"
"""The domains of companies: one scans all links of its mail, the other's gateway tries one."""

_ALWAYS_PRIVATE = "icloud.com"
_PRIVATE = 0.15
"""The share of the other contacts whose mail program fetches pictures through a proxy."""
_HIDDEN = 0.8
"""The share of their opens that nobody sees, as their mail program has the pictures already."""
_KNOWN = 0.85
"""The share of messages whose link a gateway does not try, as it tried that of another message."""
_FAST, _TABS, _BARE = 0.01, 0.005, 0.004
"""Shares of the messages to those who are neither scanned nor guarded."""
_SLOWEST_FAST_S, _QUICKEST_FAST_S = 20, 6
_UNHURRIED_S = MINUTE
"""Nobody else clicks sooner after the delivery."""

_PATHS = (
    "https://shop.example.com/sale?",
    "https://shop.example.com/item?id=17&utm_source=mailjet&",
    "https://blog.example.org/größe/日本語?",
    "https://shop.example.com/?",
    "https://example.net/preferences?",
    "https://example.com/imprint?",
)


class Traits(NamedTuple):
    """What stands between a contact and the mail."""

    private: bool
    scanned: bool
    guarded: bool


def actor_of(event: Event) -> Actor:
    """Who made an open or a click."""
    return PLANTS.get(event.plant, "bot" if event.agent in BOTS else "human")


def links_of(campaign: int) -> tuple[str, ...]:
    """The links in each message of a campaign with plants: four to six."""
    return tuple(f"{path}utm_campaign={campaign}" for path in _PATHS[: 4 + campaign // 7 % 3])


def at_mailboxes(seed: int, contacts: Sequence[Contact]) -> list[Contact]:
    """The contacts with mailboxes at providers. No provider allows a tilde in an address, so it is nobody's."""
    rng = Random(f"mailboxes {seed}")
    domains = rng.choices([*MAILBOXES, ""], [*MAILBOXES.values(), 1 - sum(MAILBOXES.values())], k=len(contacts))
    return [_moved(contact, domain) for contact, domain in zip(contacts, domains, strict=True)]


def _moved(contact: Contact, domain: str) -> Contact:
    local = contact.email.partition("@")[0]
    return replace(contact, email=f"{local}~sandbox@{domain}") if domain else contact


def plant(seed: int, messages: Sequence[Message], spared: Collection[int]) -> None:
    """Changes the events of all messages that were delivered and are tracked, but for those in the places `spared`."""
    rng = Random(f"plants {seed}")
    traits: dict[int, Traits] = {}
    for number, message in enumerate(messages):
        trait = traits.get(message.contact.id) or traits.setdefault(message.contact.id, _traits(rng, message.contact))
        if number not in spared and message.tracked and message.delivered_at is not None:
            message.events = _apart(_life(rng, message, message.delivered_at, trait))
        if message.contact.email.endswith(f"@{SILENT}"):
            message.events = [event for event in message.events if event.status != "spam"]


def _traits(rng: Random, contact: Contact) -> Traits:
    domain = contact.email.partition("@")[2]
    lot = rng.random()
    return Traits(domain == _ALWAYS_PRIVATE or lot < _PRIVATE, domain == SCANNED, domain == GUARDED)


def _life(rng: Random, message: Message, delivered_at: int, traits: Traits) -> list[Event]:
    """The events of a message among plants, in no order."""
    links = links_of(message.campaign.id)
    events = [_unhurried(rng, _on_links(event, links), delivered_at) for event in message.events]
    if traits.private:
        events = [event for event in events if not _is_hidden(rng, event)]
        events.append(Event(delivered_at + rng.randrange(3, 10 * MINUTE), "opened", PRIVACY_PROXY.id, plant="proxy"))
    if traits.scanned:
        return [*events, *_scan(rng, links, delivered_at)]
    if traits.guarded:
        return [*events, *_try_a_link(rng, links, delivered_at)]
    lot = rng.random()
    if lot < _FAST:
        return [*events, *_hurry(rng, links, delivered_at)]
    if lot < _FAST + _TABS:
        return [*events, *_open_tabs(rng, links, delivered_at)]
    if lot < _FAST + _TABS + _BARE:
        at = delivered_at + rng.randrange(HOUR, 3 * DAY)
        return [*events, Event(at, "opened", PRIVACY_PROXY.id, plant="bare")]
    return events


def _apart(events: Sequence[Event]) -> list[Event]:
    """The events in order of time. Events of two actors never share a second, for then they would be one event."""
    actors: dict[tuple[int, str, str], Actor] = {}
    placed = []
    for event in sorted(events, key=lambda event: event.at):
        while actors.setdefault((event.at, event.status, event.url), actor_of(event)) != actor_of(event):
            event = event._replace(at=event.at + 1)
        placed.append(event)
    return sorted(placed, key=lambda event: event.at)


def _on_links(event: Event, links: Sequence[str]) -> Event:
    return event._replace(url=links[LINKS.index(event.url) % len(links)]) if event.url in LINKS else event


def _unhurried(rng: Random, event: Event, delivered_at: int) -> Event:
    """A click of a person at a time at which people click."""
    if event.status != "clicked" or actor_of(event) != "human" or event.at >= delivered_at + _UNHURRIED_S:
        return event
    return event._replace(at=delivered_at + _UNHURRIED_S + rng.randrange(9 * MINUTE))


def _is_hidden(rng: Random, event: Event) -> bool:
    return event.status == "opened" and actor_of(event) == "human" and rng.random() < _HIDDEN


def _scan(rng: Random, links: Sequence[str], delivered_at: int) -> list[Event]:
    """Every link, one after another, as a browser that people use too."""
    agent, at = rng.choice((PEOPLE_USE[0], PEOPLE_USE[2])), delivered_at + rng.randrange(1, 20)
    burst = [Event(at, "opened", agent, plant="scanner")] if rng.random() < 0.5 else []
    for link in links:
        at += rng.randrange(0, 3)
        burst.append(Event(at, "clicked", agent, link, plant="scanner"))
    return burst


def _try_a_link(rng: Random, links: Sequence[str], delivered_at: int) -> list[Event]:
    """The first link, unless the gateway knows it already."""
    if rng.random() < _KNOWN:
        return []
    return [Event(delivered_at + rng.randrange(1, 9), "clicked", PEOPLE_USE[0], links[0], plant="gateway")]


def _hurry(rng: Random, links: Sequence[str], delivered_at: int) -> list[Event]:
    """A click within 20 s; half of these people see the pictures first."""
    agent, at = rng.choice(PEOPLE_USE), delivered_at + rng.randrange(_QUICKEST_FAST_S, _SLOWEST_FAST_S + 1)
    click = Event(at, "clicked", agent, rng.choice(links), plant="fast")
    return [Event(at - rng.randrange(1, 4), "opened", agent, plant="fast"), click] if rng.random() < 0.5 else [click]


def _open_tabs(rng: Random, links: Sequence[str], delivered_at: int) -> list[Event]:
    agent, at = rng.choice(PEOPLE_USE), delivered_at + rng.randrange(HOUR, 12 * HOUR)
    seconds = [at, *(at + after for after in sorted(rng.sample(range(2, 12), 3)))]
    clicks = [
        Event(second, "clicked", agent, link, plant="tabs") for second, link in zip(seconds[1:], links[:3], strict=True)
    ]
    return [Event(seconds[0], "opened", agent, plant="tabs"), *clicks]
