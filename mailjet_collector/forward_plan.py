"""Which events Segment gets: those since an instant, each once, also if that instant is moved. Pure.

The first start with a write key and region decides, unless the configuration names an instant (`forward_from`). If it
moves back, the events are read again from the first on, and those that lie between are sent. If it moves on, nothing
that was sent is called back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from segment_events.instants import format_instant


@dataclass(frozen=True)
class ForwardPlan:
    """Instants are texts as rows have them, so that they compare as such.

    `since`: events from then on are sent, of places after `begin`. `sent`: up to each of these places, in ascending
    order, the events since an instant were sent already. `begins_again`: the reader has to go back to the first event.
    """

    first_start: str
    since: str
    begin: int = 0
    sent: tuple[tuple[int, str], ...] = ()
    begins_again: bool = False

    def wants(self, place: int, timestamp: str) -> bool:
        """Whether the event at a place is to be sent."""
        if timestamp < self.since:
            return False
        before = _sent_at(self.sent, place)
        return before is None or timestamp < before


def first_plan(now: datetime, forward_from: datetime | None) -> ForwardPlan:
    """The plan of the first start."""
    first_start = to_text(now)
    return ForwardPlan(first_start, to_text(forward_from) if forward_from else first_start)


def changed_plan(plan: ForwardPlan, place: int, forward_from: datetime | None) -> ForwardPlan:
    """The plan of a later start, with the reader at `place`."""
    since = to_text(forward_from) if forward_from else plan.first_start
    if since == plan.since:
        return plan
    sent = _sent_by(plan, 0 if plan.begins_again else place)
    begins_again = plan.begins_again or any(since < before for _, before in sent)
    return ForwardPlan(plan.first_start, since, 0 if begins_again else place, sent, begins_again)


def _sent_by(plan: ForwardPlan, place: int) -> tuple[tuple[int, str], ...]:
    """The events sent when a plan has come to a place: those of earlier plans, and those that this plan has sent."""
    sent = []
    for upto in sorted({upto for upto, _ in plan.sent} | {plan.begin, place}):
        sinces = [_sent_at(plan.sent, upto), plan.since if plan.begin < upto <= place else None]
        if upto and (known := [since for since in sinces if since is not None]):
            sent.append((upto, min(known)))
    return tuple(sent)


def _sent_at(sent: Iterable[tuple[int, str]], place: int) -> str | None:
    """Since when the events about a place were sent; None if none was."""
    return next((since for upto, since in sent if place <= upto), None)


def to_text(instant: datetime) -> str:
    """The first whole second at or after an instant."""
    return format_instant(instant.replace(microsecond=0) + timedelta(seconds=instant.microsecond > 0))


def to_note(plan: ForwardPlan) -> dict[str, Any]:
    """A plan as JSON."""
    return {
        "first_start": plan.first_start,
        "since": plan.since,
        "begin": plan.begin,
        "sent": [list(place) for place in plan.sent],
        "begins_again": plan.begins_again,
    }


def parse_note(note: Mapping[str, Any]) -> ForwardPlan:
    """The plan that `to_note` wrote."""
    sent = tuple((int(upto), str(since)) for upto, since in note["sent"])
    return ForwardPlan(note["first_start"], note["since"], note["begin"], sent, note["begins_again"])
