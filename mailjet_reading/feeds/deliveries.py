"""Deliveries: listed by the message's own time and never cut by it, and the messages that are delivered late.

A message that is still on its way when it is listed keeps its old `ArrivedAt`, so no later window shows it. It is
remembered as pending, and each sync asks which messages are pending still; those that no longer are, are looked at, but
for those that this sync has listed anyway. Whether `ArrivedAt` is as it was after the delivery, and whether listings go
by it, is unproven: so what was delivered late is remembered until no clock can list it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailjet_events.event import Event
from mailjet_events.from_rest import to_delivery
from mailjet_reading.lookups.sends import Wanted
from mailjet_reading.packing import digest
from mailjet_reading.part import Part, Tools, plan_parts
from mailjet_reading.reading import Learned, Reading
from mailjet_reading.report import BEFORE_START, EMITTED_BEFORE, NOT_DELIVERED
from mailjet_reading.state import WAITED_S
from mailjet_rest.directory import only
from mailjet_rest.listing import MARGIN_S, read_rows
from mailjet_rest.pages import LIMIT, all_pages
from mailjet_rest.resources import MESSAGE, SHOWN
from mailjet_rest.rows import (
    DELIVERED_STATUSES,
    PENDING_STATUSES,
    HistoryEvent,
    Message,
    parse_message,
)
from mailjet_rest.windows import DAY_S, Span

PENDING_FILTERS = (0, 1, 11)
"""`MessageStatus` processed, queued, deferred (types of Mailjet's client)."""
FEW = 3
"""Up to so many messages of one stretch of time are asked for one by one without counting the stretch."""
STRETCH_S = 3600
LATEST_S = 7 * DAY_S
"""No delivery takes longer: Mailjet gives a message up after about three days (its guide)."""


def plan_deliveries(reading: Reading, tools: Tools) -> Iterator[Part]:
    """A part for each window, then the watch over what is pending, which need not look at what the windows list.

    The first watch must be over before: what was on its way before the start is known to it alone.
    """
    watched = _watched_span(reading, tools)
    if watched and not reading.before.is_watched:
        yield Part(reading, watched, None, watch_pending)
        reading.wait_for_parts()
    yield from plan_parts(reading, tools, read_deliveries)
    if watched and reading.before.is_watched:
        reading.wait_for_parts()
        yield Part(reading, watched, None, watch_pending)


def read_deliveries(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The messages of the window that were delivered; those that may yet be are remembered as pending.

    Messages that are pending from an earlier sync are left to `watch_pending`, which knows when they were delivered.
    """
    reading = part.reading
    for span, rows in part.rows(tools.api):
        listed = {row.email_id: row for row in rows if isinstance(row, Message)}
        tools.store.add_messages(listed.values())
        ours = [one for one in listed if int(one) not in reading.before.pending]
        fresh = tools.store.claim(reading.number, ours)
        yield [one for message in ours if message in fresh if (one := _delivery(part, listed[message], span, tools))]


def _delivery(part: Part, message: Message, span: Span, tools: Tools) -> Event | None:
    reading, learned = part.reading, part.learned
    if message.status in PENDING_STATUSES:
        _note_pending(int(message.email_id), message.arrived_at or span[1], learned, tools)
        return None
    if message.status not in DELIVERED_STATUSES:
        tools.report.leave_out(NOT_DELIVERED)
        return None
    delivery = to_delivery(message, message.arrived_at)
    if message.arrived_at >= reading.until and (message.arrived_at > span[1] + MARGIN_S or not reading.lookback_s):
        # Listed in a window before its own time, which is unproven but possible: no later window may list it again.
        learned.pending[int(message.email_id)] = message.arrived_at
        return None
    if not reading.is_new(delivery):
        tools.report.leave_out(BEFORE_START if message.arrived_at < reading.since else EMITTED_BEFORE)
        return None
    # Which clock lists it is unproven: that may say what the window's end does, unless no delivery takes so long.
    second = message.arrived_at if span[0] <= message.arrived_at <= span[1] else span[1]
    part.remember(delivery.id, second, min(span[1], message.arrived_at + LATEST_S))
    return delivery


def _note_pending(message: int, arrived_at: int, learned: Learned, tools: Tools) -> None:
    learned.pending[message] = arrived_at
    if tools.now - arrived_at >= WAITED_S:
        learned.waited[message] = arrived_at


def watch_pending(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The pending messages that were delivered since; forgets those that never will be.

    A message is forgotten only after a look at it that succeeded, and not before the days of late deliveries are over.
    One that had waited when it was seen last is timed by its history, any other by its arrival.
    """
    reading, learned, known = part.reading, part.learned, part.reading.before.pending
    expired = reading.until - tools.config.late_delivery_s
    still = _list_pending(part.span, tools)
    learned.is_watched = True
    for message, arrived_at in still.items():
        if message in known and (arrived_at or known[message]) < expired:
            learned.no_longer_pending.add(message)
        elif message in known:
            _note_pending(message, known[message], learned, tools)
        elif expired <= arrived_at < reading.since:
            _note_pending(message, arrived_at, learned, tools)
    waited: list[Message] = []
    for looked in _look_again({message: known[message] for message in known if message not in still}, tools):
        delivered = [one for one in looked.values() if one and one.status in DELIVERED_STATUSES]
        undecided = {
            number
            for number, now in looked.items()
            if now and now.status in PENDING_STATUSES and known[number] >= expired
        }
        for number in undecided:
            _note_pending(number, known[number], learned, tools)
        learned.no_longer_pending |= looked.keys() - undecided - {int(one.email_id) for one in delivered}
        waited += [one for one in delivered if int(one.email_id) in reading.before.waited]
        at_once = [one for one in delivered if int(one.email_id) not in reading.before.waited]
        yield _late([to_delivery(one, one.arrived_at) for one in at_once], part, tools)
    for told in tools.histories.read(waited):
        yield _late([to_delivery(one, _sent_at(history) or one.arrived_at) for one, history in told], part, tools)


def _late(deliveries: list[Event], part: Part, tools: Tools) -> list[Event]:
    """Those of the late deliveries that are to be emitted; notes what is decided of their messages."""
    reading, learned = part.reading, part.learned
    learned.no_longer_pending |= {int(one.email_id) for one in deliveries if one.at < reading.until}
    new = [one for one in deliveries if reading.is_new(one)]
    learned.recent.update((digest(one.id), max(one.at, tools.now)) for one in new)
    return new


def _sent_at(history: list[HistoryEvent]) -> int | None:
    return next((event.at for event in history if event.event_type == "sent"), None)


def _watched_span(reading: Reading, tools: Tools) -> Span | None:
    """The sends among which pending messages are looked for: since the oldest one, and once those before the start."""
    before, since = reading.before, reading.since - tools.config.late_delivery_s
    if before.pending:
        return min(before.pending.values() if before.is_watched else [*before.pending.values(), since]), reading.until
    return None if before.is_watched or not reading.spans else (since, reading.since)


def _list_pending(span: Span, tools: Tools) -> dict[int, int]:
    still: dict[int, int] = {}
    for status in PENDING_FILTERS:
        for _, rows in read_rows(tools.api, MESSAGE, span, {"MessageStatus": str(status)}):
            still.update((int(row.email_id), row.arrived_at) for row in rows if isinstance(row, Message))
    return still


def _look_again(gone: dict[int, int], tools: Tools) -> Iterator[dict[int, Message | None]]:
    """Each message as it is now, or None where it no longer exists.

    What this sync has listed is known. The others are asked for one by one, or the time they were sent in is listed
    where that costs less.
    """
    unlisted = dict(gone)
    for known in _listed_by_now([*gone], tools):
        for message in known:
            del unlisted[message]
        yield known
    for stretch in _stretches(unlisted):
        times = [gone[message] for message in stretch]
        asked = {"FromTS": min(times) - MARGIN_S, "ToTS": max(times) + MARGIN_S}
        left = set(stretch)
        if len(stretch) > FEW and tools.api.count("message", asked) <= (len(stretch) - 1) * LIMIT:
            for page in all_pages(tools.api, "message", {**asked, **SHOWN}, parse_message):
                tools.store.add_messages(page)
                found: dict[int, Message | None] = {int(one.email_id): one for one in page if int(one.email_id) in left}
                left -= found.keys()
                yield found
        if left:
            yield _look_at(sorted(left), tools)


def _listed_by_now(gone: list[int], tools: Tools) -> Iterator[dict[int, Message | None]]:
    """Those of the messages that this sync has listed when they were no longer pending, as they were then."""
    for first in range(0, len(gone), LIMIT):
        listed = tools.store.messages([str(one) for one in gone[first : first + LIMIT]]).values()
        known: dict[int, Message | None] = {
            int(one.email_id): one for one in listed if one.status not in PENDING_STATUSES
        }
        if known:
            yield known


def _look_at(numbers: list[int], tools: Tools) -> dict[int, Message | None]:
    """Messages as they are now, with address, subject and CustomID, which `message/{id}` is not documented to show."""
    bare = list(tools.pool.map(lambda one: tools.api.one(f"message/{one}", {}, only(str(one), parse_message)), numbers))
    delivered = [one for one in bare if one and one.status in DELIVERED_STATUSES]
    shown = tools.messages.look_up(
        Wanted(one.email_id, one.contact_id, one.campaign_id, one.arrived_at) for one in delivered
    )
    return {
        number: one and shown.get(one.email_id, one)._replace(status=one.status, arrived_at=one.arrived_at)
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
