"""Whether an open or a click was seen before, by either way. Pure: sightings in, events out.

Webhooks and REST may give one open different seconds, and neither gives it an id. So each event holds at most one
sighting by each way, and the rules (CONTRACT.md, "An event comes in once") are:

1. A sighting whose way and second were seen is a repeat.
2. A sighting at the second of an event is that event. The sighting of its way that had joined by (3) is matched again.
3. Else it joins the nearest event within 2 s that has no sighting of its way; the earlier of two.
4. Else it is a new event.

A post applies (1) and (2) to all its items before (3). A sighting that is matched again chooses among the events that
it would have found free when it came, so it may in turn displace a later one. Thus the events are the same however the
posts were grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from event_store.values import Way

NEAR_S = 2
"""How far the seconds of one event by the two ways may lie apart."""

_NEAREST_FIRST = tuple(away for distance in range(1, NEAR_S + 1) for away in (-distance, distance))
"""Distances of the other way's second: -1, 1, -2, 2. Of two that are as near, the earlier comes first."""


class Sighting(NamedTuple):
    """Seen at a Unix second; `arrival` numbers the sightings of a store in the order in which they came."""

    second: int
    arrival: int


class Seen(NamedTuple):
    """An event: the sighting that it has its id and time from, by which way, and the other way's sighting of it."""

    first: Sighting
    way: Way
    other: Sighting | None = None

    def by(self, way: Way) -> Sighting | None:
        return self.first if way == self.way else self.other

    @property
    def joined(self) -> bool:
        """Whether the other way's sighting has another second, and so may have to be matched again."""
        return self.other is not None and self.other.second != self.first.second


def match(events: Iterable[Seen], way: Way, sightings: Sequence[Sighting]) -> list[Seen]:
    """The events of one message (and URL) after a post saw `sightings` of them by `way`."""
    found = {event.first.second: event for event in events}
    known = {seen.second for event in found.values() if (seen := event.by(way))}
    fresh: dict[int, Sighting] = {}
    for sighting in sightings:
        if sighting.second not in known:
            fresh.setdefault(sighting.second, sighting)
    loose = []
    for sighting in fresh.values():
        if sighting.second in found:
            loose += _take(found, sighting.second, sighting)
        else:
            loose.append(sighting)
    _place(found, way, loose)
    return list(found.values())


def _place(found: dict[int, Seen], way: Way, loose: Iterable[Sighting]) -> None:
    """Applies (3) and (4), and (2) to sightings that are matched again, in order of arrival."""
    queue = [(sighting.arrival, sighting) for sighting in loose]
    heapify(queue)
    while queue:
        _, sighting = heappop(queue)
        second = _choose(found, way, sighting)
        if second is None:
            found[sighting.second] = Seen(sighting, way)
            continue
        for displaced in _take(found, second, sighting):
            heappush(queue, (displaced.arrival, displaced))


def _take(found: dict[int, Seen], second: int, sighting: Sighting) -> list[Sighting]:
    """Gives the event at `second` the sighting, and returns the one that it had joined before."""
    event = found[second]
    found[second] = event._replace(other=sighting)
    return [event.other] if event.other else []


def _choose(found: Mapping[int, Seen], way: Way, sighting: Sighting) -> int | None:
    """The second of the event that a sighting is or joins, or None."""
    if sighting.second in found:
        return sighting.second
    for away in _NEAREST_FIRST:
        event = found.get(sighting.second + away)
        if event and event.way != way and (event.other is None or _yields(event, sighting)):
            return event.first.second
    return None


def _yields(event: Seen, sighting: Sighting) -> bool:
    """Whether the sighting that had joined an event came later, and so would not have found it free."""
    return event.other is not None and event.joined and event.other.arrival > sighting.arrival
