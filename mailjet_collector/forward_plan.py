"""Which events Segment gets: those since an instant, each once, also if that instant is moved. Pure.

The first start with a write key and region decides, unless the configuration names an instant (`forward_from`). If it
moves back, the events are read again from the first on, and those that lie between are sent. If it moves on, nothing
that was sent is called back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from segment_events.instants import format_instant


@dataclass(frozen=True)
class ForwardPlan:
    """Instants are texts as rows have them, so that they compare as such.

    `since`: events from then on are sent, of places after `begin`. `sent`: up to each of these places, in ascending
    order, the events since an instant were sent already. `again`: up to this place, the events since this instant are
    sent once more, and no others. `begins_again`: the reader has to go back to the first event.
    """

    first_start: str
    since: str
    begin: int = 0
    sent: tuple[tuple[int, str], ...] = ()
    begins_again: bool = False
    again: tuple[int, str] | None = None

    def wants(self, place: int, timestamp: str) -> bool:
        """Whether the event at a place is to be sent."""
        if self.again and place <= self.again[0]:
            return timestamp >= self.again[1]
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
    return replace(plan, since=since, begin=0 if begins_again else place, sent=sent, begins_again=begins_again)


def sent_again(plan: ForwardPlan, place: int, since: datetime) -> ForwardPlan:
    """The plan after which the reader, now at `place`, sends what happened since an instant once more.

    If it is still sending since an earlier instant, that one holds.
    """
    text = to_text(since)
    first, again, upto = min(plan.since, text), text, place
    if plan.again and (plan.begins_again or place < plan.again[0]):
        again, upto = min(text, plan.again[1]), max(place, plan.again[0])
    return replace(plan, first_start=first, since=first, again=(upto, again), begins_again=True)


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
    for upto, since in sent:
        if place <= upto:
            return since
    return None


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
        "again": list(plan.again) if plan.again else None,
    }


def parse_note(note: Mapping[str, Any]) -> ForwardPlan:
    """The plan that `to_note` wrote."""
    sent = tuple((int(upto), str(since)) for upto, since in note["sent"])
    again = note.get("again")
    return ForwardPlan(
        first_start=note["first_start"],
        since=note["since"],
        begin=note["begin"],
        sent=sent,
        begins_again=note["begins_again"],
        again=(int(again[0]), str(again[1])) if again else None,
    )
