"""Opens, clicks and bounces: listed by the time of the event, cut exactly on this side."""

from __future__ import annotations

from collections.abc import Iterator

from mailjet_events.event import Event
from mailjet_events.from_rest import to_bounce, to_click, to_open
from mailjet_reading.part import Part, Tools, plan_parts
from mailjet_reading.reading import Reading
from mailjet_reading.report import EMITTED_BEFORE, NEVER_SENT, REPEATED
from mailjet_rest.limits import LIMIT
from mailjet_rest.resources import EventRow, second_of
from mailjet_rest.rows import Bounce, Click, Open


def plan_statistics(reading: Reading, tools: Tools) -> Iterator[Part]:
    """A part for each window; windows that a count finds empty are covered without one."""
    yield from plan_parts(reading, tools, read_statistics)


def read_statistics(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The events of the window that no earlier sync emitted, each once. An event is in the window of its own second."""
    reading, (since, until) = part.reading, part.span
    emitted: set[str] = set()
    for _, rows in part.rows(tools.api):
        inside = [row for row in rows if since <= second_of(row) < until]
        events = [event for row in inside if (event := _to_event(row, tools))]
        new = [event for event in events if reading.is_new(event)]
        distinct = {event.id: event for event in new if event.id not in emitted}
        may_repeat = reading.feed.repeats or part.may_be_read_again(len(rows) < LIMIT)
        fresh = tools.store.claim(reading.number, list(distinct)) if may_repeat else set(distinct)
        emitted |= fresh
        batch = [event for event in distinct.values() if event.id in fresh]
        for event in batch:
            part.remember(event.id, event.at)
        tools.report.leave_out(NEVER_SENT, len(inside) - len(events))
        tools.report.leave_out(EMITTED_BEFORE, len(events) - len(new))
        tools.report.leave_out(REPEATED, len(new) - len(batch))
        yield batch


def _to_event(row: EventRow, tools: Tools) -> Event | None:
    if isinstance(row, Open):
        return to_open(row)
    if isinstance(row, Click):
        return to_click(row)
    assert isinstance(row, Bounce)
    return to_bounce(row, tools.states)
