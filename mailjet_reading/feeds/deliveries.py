"""Deliveries: listed by the message's own time and never cut by it, and the messages that are delivered late.

A message that is still on its way when it is listed keeps its old `ArrivedAt`, so no later window shows it. It is
remembered as pending (`pending.py`), and `late_deliveries.py` watches it. Whether `ArrivedAt` stays the same after the
delivery, and whether listings go by it, is unproven: so a late delivery is remembered until no clock can list it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailjet_events.event import Event
from mailjet_events.from_rest import to_delivery
from mailjet_reading.feeds.late_deliveries import note_pending, watch_pending
from mailjet_reading.feeds.pending import Pending, Sightings
from mailjet_reading.limits import LATEST_DELIVERY_S
from mailjet_reading.part import Part, Tools, plan_parts, saved_part
from mailjet_reading.reading import Reading
from mailjet_reading.report import BEFORE_START, EMITTED_BEFORE, NOT_DELIVERED
from mailjet_rest.limits import MARGIN_S
from mailjet_rest.rows import DELIVERED_STATUSES, PENDING_STATUSES, Message
from mailjet_rest.windows import Span


def plan_deliveries(reading: Reading, tools: Tools) -> Iterator[Part]:
    """A part for each window, then the watch over pending messages, which need not look at those that windows list.

    The first watch must be over before: only it knows the messages that were on their way before the start.
    """
    before = reading.before.memory_as(Pending)
    watched = _watched_span(reading, before, tools)
    if watched and not before.is_watched:
        yield saved_part(reading, watched, (), watch_pending)
        reading.turn.wait_for_parts()
    yield from plan_parts(reading, tools, read_deliveries)
    if watched and before.is_watched:
        reading.turn.wait_for_parts()
        yield saved_part(reading, watched, (), watch_pending)


def _watched_span(reading: Reading, before: Pending, tools: Tools) -> Span | None:
    """The sends among which pending messages are looked for: since the oldest one, and once those before the start."""
    since = reading.since - tools.config.late_delivery_s
    if before.pending:
        return min(before.pending.values() if before.is_watched else [*before.pending.values(), since]), reading.until
    return None if before.is_watched or not reading.spans else (since, reading.since)


def read_deliveries(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The messages of the window that were delivered; those that may yet be are remembered as pending.

    Messages that are pending from an earlier sync are left to `watch_pending`, which knows when they were delivered.
    """
    reading, sightings = part.reading, part.lesson_as(Sightings)
    known = reading.before.memory_as(Pending).pending
    for span, rows in part.rows(tools.api):
        listed = {row.email_id: row for row in rows if isinstance(row, Message)}
        tools.store.add_messages(listed.values())
        ours = [email_id for email_id in listed if int(email_id) not in known] if known else list(listed)
        fresh = tools.store.claim(reading.number, ours)
        yield [
            event
            for email_id in ours
            if email_id in fresh and (event := _delivery(part, sightings, listed[email_id], span, tools))
        ]


def _delivery(part: Part, sightings: Sightings, message: Message, span: Span, tools: Tools) -> Event | None:
    reading = part.reading
    if message.status in PENDING_STATUSES:
        note_pending(int(message.email_id), message.arrived_at or span[1], sightings, tools)
        return None
    if message.status not in DELIVERED_STATUSES:
        tools.report.leave_out(NOT_DELIVERED)
        return None
    delivery = to_delivery(message, message.arrived_at)
    if message.arrived_at >= reading.until and (message.arrived_at > span[1] + MARGIN_S or not reading.lookback_s):
        # Listed in a window before its own time, which is unproven but possible: no later window may list it again.
        sightings.pending[int(message.email_id)] = message.arrived_at
        return None
    if not reading.is_new(delivery):
        tools.report.leave_out(BEFORE_START if message.arrived_at < reading.since else EMITTED_BEFORE)
        return None
    remember_message(part, delivery.id, message.arrived_at, span)
    return delivery


def remember_message(part: Part, event_id: str, arrived_at: int, span: Span) -> None:
    """Notes the emitted event of a message that `span` listed.

    Which clock lists it is unproven: that clock may show the window's end, unless no delivery takes so long.
    """
    second = arrived_at if span[0] <= arrived_at <= span[1] else span[1]
    part.remember(event_id, second, min(span[1], arrived_at + LATEST_DELIVERY_S))
