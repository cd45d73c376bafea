"""The changes that a batch of posts makes to one account's events. Pure: stored events of its messages in, changes out.

Posts are taken one after the other, so that a batch has the same result as its posts alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from event_store.bounces import BLOCKED as BLOCK
from event_store.bounces import UNKNOWN, bounce_suffix
from event_store.matching import Seen, Sighting, match
from event_store.values import Item, Post, Receipt, Way
from segment_events.event_id import event_id_of_link, link_digest
from segment_events.kinds import BLOCKED, BOUNCED, CLICKED, KIND_BY_NAME, OPENED, Kind

REPEATED_KINDS = frozenset({OPENED.name, CLICKED.name})
"""The kinds of event that one message can have more than once."""

WAYS: tuple[Way, Way] = ("webhook", "rest")
"""By number, as the tables hold them."""

_BOUNCES = frozenset({BOUNCED.name, BLOCKED.name})
_ANY_BOUNCE = "bounced or blocked"

Subject = tuple[str, str, str]
"""A message, a kind, and the digest of a URL: within it, sightings are matched."""


class Stored(NamedTuple):
    """A stored event as far as matching needs it."""

    event_no: int
    email_id: str
    kind: str
    link: str
    bounce: str
    second: int
    way: int
    other_no: int | None
    other_second: int | None


class NewEvent(NamedTuple):
    """An event to insert; its first sighting is of this batch, or had joined a stored event before."""

    event_no: int
    event_id: str
    subject: Subject
    bounce: str
    first: Sighting
    way: Way
    other: Sighting | None


class Joined(NamedTuple):
    """A stored event and the other way's sighting of it from now on."""

    event_no: int
    other: Sighting | None
    is_exact: bool


class Ledger:
    """One account's events while a batch is taken."""

    def __init__(self, stored: Iterable[Stored]) -> None:
        self._bounces: dict[tuple[str, str], set[str]] = {}
        self._seen: dict[Subject, list[Seen]] = {}
        self._before: dict[int, Seen] = {}
        self._holders: dict[int, int] = {}
        self._once: list[NewEvent] = []
        for event in stored:
            self._add_stored(event)

    def take(self, post: Post, first_arrival: int) -> Receipt:
        """Takes a post whose items arrived as numbers `first_arrival`, `first_arrival + 1`, ..."""
        sightings: dict[Subject, list[Sighting]] = defaultdict(list)
        once: list[tuple[Item, int]] = []
        for arrival, item in enumerate(post.items, first_arrival):
            if item.kind.name in REPEATED_KINDS:
                sightings[subject_of(item)].append(Sighting(item.at, arrival))
            else:
                once.append((item, arrival))
        if len(once) > 1:
            once.sort(key=lambda pair: pair[0].at)
        new = sum(self._take_once(item, arrival, post.way) for item, arrival in once)
        for subject, seen in sightings.items():
            before = self._seen.get(subject, [])
            after = self._seen[subject] = match(before, post.way, seen)
            new += len(after) - len(before)
        return Receipt(new, max(len(post.items) - new, 0), len(post.refused))

    def new_events(self) -> list[NewEvent]:
        """The events that were not stored before, in order of arrival."""
        repeated = [
            NewEvent(event.first.arrival, _event_id(subject, event.first.second), subject, "", *event)
            for subject, events in self._seen.items()
            for event in events
            if event.first.arrival not in self._before
        ]
        return sorted(self._once + repeated, key=attrgetter("event_no"))

    def joined(self) -> list[Joined]:
        """The stored events whose sighting by the other way is new or has changed."""
        return [
            Joined(event.first.arrival, event.other, not event.joined)
            for events in self._seen.values()
            for event in events
            if event.other != self._before.get(event.first.arrival, event).other
        ]

    def holder_of(self, arrival: int) -> int | None:
        """The stored event that a sighting had joined before this batch."""
        return self._holders.get(arrival)

    def _add_stored(self, event: Stored) -> None:
        if event.kind not in REPEATED_KINDS:
            self._bounces.setdefault(_once_key(event.email_id, event.kind), set()).add(event.bounce)
            return
        other = None
        if event.other_no is not None and event.other_second is not None:
            other = Sighting(event.other_second, event.other_no)
        seen = Seen(Sighting(event.second, event.event_no), WAYS[event.way], other)
        self._seen.setdefault((event.email_id, event.kind, event.link), []).append(seen)
        self._before[event.event_no] = seen
        if other:
            self._holders[other.arrival] = event.event_no

    def _take_once(self, item: Item, arrival: int, way: Way) -> bool:
        bounce = _bounce(item)
        stored = self._bounces.setdefault(_once_key(item.email_id, item.kind.name), set())
        suffix = bounce_suffix(stored, bounce)
        if suffix is None:
            return False
        stored.add(bounce)
        subject = subject_of(item)
        event_id = _event_id(subject, item.at) + suffix
        self._once.append(NewEvent(arrival, event_id, subject, bounce, Sighting(item.at, arrival), way, None))
        return True


def subject_of(item: Item) -> Subject:
    return item.email_id, item.kind.name, link_digest(item.link_url or "") if item.kind is CLICKED else ""


def kind_of(name: str) -> Kind:
    return KIND_BY_NAME[name]


def _event_id(subject: Subject, second: int) -> str:
    return event_id_of_link(KIND_BY_NAME[subject[1]], subject[0], second, subject[2])


def _once_key(email_id: str, kind: str) -> tuple[str, str]:
    return email_id, _ANY_BOUNCE if kind in _BOUNCES else kind


def _bounce(item: Item) -> str:
    if item.kind is BLOCKED:
        return BLOCK
    return item.bounce_type or UNKNOWN if item.kind is BOUNCED else UNKNOWN
