"""Which event time was read up to which position of a collector. Pure.

A stream usually has one stretch: all event time from `start_date` on, read up to one position. If `start_date` moves,
time is cut: the time before the new start keeps its position, and unread time begins at the first position.
So each event is emitted once, however the start moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Stretch(NamedTuple):
    """The events of `[since, until)`, in Unix seconds, were emitted up to the position `after`.

    `until` None: without end. `after` None: none was read yet, so reading begins at the first position.
    """

    since: int
    until: int | None
    after: str | None

    def holds(self, second: int) -> bool:
        """Whether an event at this second belongs to the stretch."""
        return self.since <= second and (self.until is None or second < self.until)


def fit(stretches: Sequence[Stretch], start: int) -> list[Stretch]:
    """The stretches in order of time, cut at `start`, with the time from `start` on that none of them has."""
    first = stretches[0].since if stretches else None
    missing = [Stretch(start, first, None)] if first is None or start < first else []
    return [part for stretch in [*missing, *stretches] for part in _cut(stretch, start)]


def joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same, with neighbours that were read up to one position as one."""
    kept: list[Stretch] = []
    for stretch in stretches:
        if kept and kept[-1].after == stretch.after:
            kept[-1] = kept[-1]._replace(until=stretch.until)
        else:
            kept.append(stretch)
    return kept


def _cut(stretch: Stretch, at: int) -> list[Stretch]:
    if stretch.since < at and (stretch.until is None or at < stretch.until):
        return [stretch._replace(until=at), stretch._replace(since=at)]
    return [stretch]
