"""Opens, clicks and bounces: listed by the time of the event, cut exactly on this side."""

from __future__ import annotations

from collections.abc import Iterator

from mailjet_events.events import Happening, to_bounce, to_click, to_open
from mailjet_reading.part import Part, Tools, plan_parts
from mailjet_reading.reading import Reading
from mailjet_reading.report import EMITTED_BEFORE, NEVER_SENT, REPEATED
from mailjet_rest.pages import LIMIT
from mailjet_rest.resources import EventRow, second_of
from mailjet_rest.rows import Bounce, Click, Open


def plan_statistics(reading: Reading, tools: Tools) -> Iterator[Part]:
    """A part for each window; windows that a count finds empty are covered without one."""
    yield from plan_parts(reading, tools, read_statistics)


def read_statistics(part: Part, tools: Tools) -> Iterator[list[Happening]]:
    """The events of the window that no earlier sync emitted, each once."""
    reading, (since, until) = part.reading, part.span
    emitted: set[str] = set()
    for _, rows in part.rows(tools.api):
        inside = [row for row in rows if since <= second_of(row) < until]
        events = [one for row in inside if (one := _to_happening(row, tools))]
        new = [one for one in events if reading.is_new(one)]
        happenings = {one.id: one for one in new if one.id not in emitted}
        may_repeat = reading.feed.repeats or part.may_be_read_again(len(rows) < LIMIT)
        fresh = tools.store.claim(reading.number, list(happenings)) if may_repeat else set(happenings)
        emitted |= fresh
        batch = [one for one in happenings.values() if one.id in fresh]
        for one in batch:
            part.remember(one.id, one.at)
        tools.report.leave_out(NEVER_SENT, len(inside) - len(events))
        tools.report.leave_out(EMITTED_BEFORE, len(events) - len(new))
        tools.report.leave_out(REPEATED, len(new) - len(batch))
        yield batch


def _to_happening(row: EventRow, tools: Tools) -> Happening | None:
    if isinstance(row, Open):
        return to_open(row)
    if isinstance(row, Click):
        return to_click(row)
    assert isinstance(row, Bounce)
    return to_bounce(row, tools.states)
