"""Messages that Mailjet itself did not send: listed by their status, by the message's own time and never cut by it.

Mailjet may decide hours after a message's `ArrivedAt`, so each sync looks again at the sends of the last day
(`LATE_BLOCK_S`). That listing is short, for few messages are blocked.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailjet_events.event import Event
from mailjet_events.from_rest import to_block
from mailjet_reading.feeds.deliveries import remember_message
from mailjet_reading.part import Part, Tools, plan_parts
from mailjet_reading.reading import Reading
from mailjet_reading.report import BEFORE_START, EMITTED_BEFORE, NOT_BLOCKED, WITHOUT_TIME
from mailjet_rest.rows import BLOCKED_STATUS, Block
from mailjet_rest.windows import Span


def plan_blocked(reading: Reading, tools: Tools) -> Iterator[Part]:
    """A part for each window; windows that a count finds empty are covered without one."""
    yield from plan_parts(reading, tools, read_blocked)


def read_blocked(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The blocked messages of the window that no earlier sync emitted, each once in a sync."""
    for span, rows in part.rows(tools.api):
        listed = {row.email_id: row for row in rows if isinstance(row, Block)}
        fresh = tools.store.claim(part.reading.number, list(listed))
        yield [
            event
            for email_id, row in listed.items()
            if email_id in fresh and (event := _to_event(part, row, span, tools))
        ]


def _to_event(part: Part, row: Block, span: Span, tools: Tools) -> Event | None:
    if row.message.status != BLOCKED_STATUS:  # a filter that Mailjet does not honour must make no event
        tools.report.leave_out(NOT_BLOCKED)
        return None
    if not row.at:
        tools.report.leave_out(WITHOUT_TIME)
        return None
    event = to_block(row, tools.states)
    if not part.reading.is_new(event):
        if event.at < part.reading.until:  # a later one is emitted by the next sync, which lists it again
            tools.report.leave_out(BEFORE_START if event.at < part.reading.since else EMITTED_BEFORE)
        return None
    remember_message(part, event.id, event.at, span)
    return event
