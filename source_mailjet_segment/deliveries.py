"""Deliveries: listed by the message's own time and never cut by it, and the messages that are delivered late.

A message that is still on its way when it is listed keeps its old `ArrivedAt`, so no later window shows it. It is
remembered as pending, and each sync asks which messages are pending still; the few that no longer are, are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from source_mailjet_segment.directory import only
from source_mailjet_segment.events import Happening, to_delivery
from source_mailjet_segment.feeds import MESSAGES, SHOWN
from source_mailjet_segment.history import read_history
from source_mailjet_segment.listing import MARGIN_S, read_rows
from source_mailjet_segment.packing import digest
from source_mailjet_segment.pages import LIMIT, all_pages
from source_mailjet_segment.part import Part, Tools, plan_parts
from source_mailjet_segment.reading import Reading
from source_mailjet_segment.report import BEFORE_START, EMITTED_BEFORE, NOT_DELIVERED
from source_mailjet_segment.rows import (
    DELIVERED_STATUSES,
    PENDING_STATUSES,
    Message,
    parse_message,
)
from source_mailjet_segment.sends import Wanted
from source_mailjet_segment.windows import Span

PENDING_FILTERS = (0, 1, 11)
"""`MessageStatus` processed, queued, deferred (types of Mailjet's client)."""
FEW = 3
"""Up to so many messages of one stretch of time are asked for one by one without counting the stretch."""
STRETCH_S = 3600


def plan_deliveries(reading: Reading, tools: Tools) -> Iterator[Part]:
    """The watch over what is pending, then a part for each window.

    At first the watch must be over before: what was on its way before the start is known to it alone.
    """
    watched = _watched_span(reading, tools)
    if watched:
        yield Part(reading, watched, None, watch_pending)
        if not reading.before.is_watched:
            reading.wait_for_parts()
    yield from plan_parts(reading, tools, read_deliveries)


def read_deliveries(part: Part, tools: Tools) -> Iterator[list[Happening]]:
    """The messages of the window that were delivered; those that may yet be are remembered as pending.

    Messages that are pending from an earlier sync are left to `watch_pending`, which knows when they were delivered.
    """
    reading = part.reading
    for span, rows in read_rows(tools.api, MESSAGES, part.span):
        listed = {row.message_id: row for row in rows if isinstance(row, Message)}
        tools.store.add_messages(listed.values())
        ours = [one for one in listed if int(one) not in reading.before.pending]
        fresh = tools.store.claim(reading.number, ours)
        yield [one for message in ours if message in fresh if (one := _delivery(part, listed[message], span, tools))]


def _delivery(part: Part, message: Message, span: Span, tools: Tools) -> Happening | None:
    reading, learned = part.reading, part.learned
    if message.status in PENDING_STATUSES:
        learned.pending[int(message.message_id)] = message.arrived_at
        return None
    if message.status not in DELIVERED_STATUSES:
        tools.report.leave_out(NOT_DELIVERED)
        return None
    delivery = to_delivery(message, message.arrived_at)
    if message.arrived_at >= reading.until and (message.arrived_at > span[1] + MARGIN_S or not reading.lookback_s):
        # Listed in a window before its own time, which is unproven but possible: no later window may list it again.
        learned.pending[int(message.message_id)] = message.arrived_at
        return None
    if not reading.is_new(delivery):
        tools.report.leave_out(BEFORE_START if message.arrived_at < reading.since else EMITTED_BEFORE)
        return None
    # Of its own time, or of the end of the window that lists it: nobody knows by which clock it will be listed again.
    part.remember(delivery.id, message.arrived_at if span[0] <= message.arrived_at <= span[1] else span[1])
    return delivery


def watch_pending(part: Part, tools: Tools) -> Iterator[list[Happening]]:
    """The pending messages that were delivered since, timed by their history; forgets those that never will be.

    A message is forgotten only after a look at it that succeeded, and not before the days of late deliveries are over.
    """
    reading, learned, known = part.reading, part.learned, part.reading.before.pending
    expired = reading.until - tools.config.late_delivery_s
    still = _list_pending(part.span, tools)
    learned.is_watched = True
    for message, arrived_at in still.items():
        if message in known and arrived_at < expired:
            learned.no_longer_pending.add(message)
        elif message not in known and expired <= arrived_at < reading.since:
            learned.pending[message] = arrived_at
    for looked in _look_again({message: known[message] for message in known if message not in still}, tools):
        late = {int(one.message_id): one for one in _late_deliveries(list(looked.values()), tools)}
        undecided = {number for number, one in late.items() if one.at >= reading.until}
        undecided |= {
            number
            for number, now in looked.items()
            if now and now.status in PENDING_STATUSES and known[number] >= expired
        }
        learned.no_longer_pending |= looked.keys() - undecided
        new = {number: one for number, one in late.items() if reading.is_new(one)}
        learned.recent.update((digest(one.id), known[number]) for number, one in new.items())
        yield list(new.values())


def _late_deliveries(messages: list[Message | None], tools: Tools) -> list[Happening]:
    """The deliveries of those of the messages that were delivered, at the time their history tells."""
    delivered = [message for message in messages if message and message.status in DELIVERED_STATUSES]
    histories = tools.pool.map(partial(read_history, tools.api), delivered)
    return [
        to_delivery(message, next((event.at for event in history if event.event_type == "sent"), message.arrived_at))
        for message, history in zip(delivered, histories, strict=True)
    ]


def _watched_span(reading: Reading, tools: Tools) -> Span | None:
    """The sends among which pending messages are looked for: since the oldest one, and once those before the start."""
    before, since = reading.before, reading.since - tools.config.late_delivery_s
    if before.pending:
        return min(before.pending.values() if before.is_watched else [*before.pending.values(), since]), reading.until
    return None if before.is_watched or not reading.spans else (since, reading.since)


def _list_pending(span: Span, tools: Tools) -> dict[int, int]:
    still: dict[int, int] = {}
    for status in PENDING_FILTERS:
        for _, rows in read_rows(tools.api, MESSAGES, span, {"MessageStatus": str(status)}):
            still.update((int(row.message_id), row.arrived_at) for row in rows if isinstance(row, Message))
    return still


def _look_again(gone: dict[int, int], tools: Tools) -> Iterator[dict[int, Message | None]]:
    """Each message as it is now, or None where it no longer exists.

    They are asked for one by one, or the time they were sent in is listed where that costs less.
    """
    for stretch in _stretches(gone):
        times = [gone[message] for message in stretch]
        asked = {"FromTS": min(times) - MARGIN_S, "ToTS": max(times) + MARGIN_S}
        left = set(stretch)
        if len(stretch) > FEW and tools.api.count("message", asked) <= (len(stretch) - 1) * LIMIT:
            for page in all_pages(tools.api, "message", {**asked, **SHOWN}, parse_message):
                tools.store.add_messages(page)
                found: dict[int, Message | None] = {
                    int(one.message_id): one for one in page if int(one.message_id) in left
                }
                left -= found.keys()
                yield found
        if left:
            yield _look_at(sorted(left), tools)


def _look_at(numbers: list[int], tools: Tools) -> dict[int, Message | None]:
    """Messages as they are now, with address, subject and CustomID, which `message/{id}` is not documented to show."""
    bare = list(tools.pool.map(lambda one: tools.api.one(f"message/{one}", {}, only(str(one), parse_message)), numbers))
    delivered = [one for one in bare if one and one.status in DELIVERED_STATUSES]
    shown = tools.messages.look_up(
        Wanted(one.message_id, one.contact_id, one.campaign_id, one.arrived_at) for one in delivered
    )
    return {
        number: one and shown.get(one.message_id, one)._replace(status=one.status)
        for number, one in zip(numbers, bare, strict=True)
    }


def _stretches(gone: dict[int, int]) -> list[list[int]]:
    """The messages in groups that were sent close to each other."""
    stretches: list[list[int]] = []
    for message in sorted(gone, key=lambda one: (gone[one], one)):
        if stretches and gone[message] - gone[stretches[-1][-1]] <= STRETCH_S:
            stretches[-1].append(message)
        else:
            stretches.append([message])
    return stretches
