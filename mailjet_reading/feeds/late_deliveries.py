"""The watch over pending messages: each sync asks which of them are pending still, and looks again at the others.

A message that this sync has listed anyway costs no request. The others are asked for one by one, or the time in which
they were sent is listed, if that costs less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailjet_events.event import Event
from mailjet_events.from_rest import to_delivery
from mailjet_reading.feeds.pending import Pending, Sightings
from mailjet_reading.limits import FEW, STRETCH_S, WAITED_S
from mailjet_reading.lookups.sends import Wanted
from mailjet_reading.packing import digest
from mailjet_reading.part import Part, Tools
from mailjet_rest.directory import only
from mailjet_rest.limits import LIMIT, MARGIN_S
from mailjet_rest.listing import read_rows
from mailjet_rest.pages import all_pages
from mailjet_rest.resources import MESSAGE, SHOWN
from mailjet_rest.rows import DELIVERED_STATUSES, PENDING_STATUSES, HistoryEvent, Message, parse_message
from mailjet_rest.windows import Span
from segment_events.kinds import DELIVERED

PENDING_FILTERS = (0, 1, 11)
"""`MessageStatus` processed, queued, deferred (types of Mailjet's client)."""
Looked = Mapping[int, Message | None]
"""Messages as they are now, by number; None if one no longer exists."""


def note_pending(number: int, arrived_at: int, sightings: Sightings, tools: Tools) -> None:
    """Notes that a message is pending now, and whether it has waited so long that its arrival is no delivery."""
    sightings.pending[number] = arrived_at
    if tools.now - arrived_at >= WAITED_S:
        sightings.waited[number] = arrived_at


def watch_pending(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The pending messages that were delivered since; forgets those that never will be.

    A message is forgotten only after a look at it that succeeded, and not before the days of late deliveries are over.
    A message that had waited when it was seen last is timed by its history, any other by its arrival: so a newsletter
    on its way costs no request for each message.
    """
    before, sightings = part.reading.before.memory_as(Pending), part.lesson_as(Sightings)
    still = _list_pending(part.span, tools)
    sightings.is_watched = True
    _note_still_pending(still, part, before, sightings, tools)
    gone = {number: arrived_at for number, arrived_at in before.pending.items() if number not in still}
    stored = {int(email_id) for email_id in tools.stored(DELIVERED, [str(number) for number in gone])}
    sightings.decided |= stored
    gone = {number: arrived_at for number, arrived_at in gone.items() if number not in stored}
    waited: list[Message] = []
    for looked in _look_again(gone, tools):
        delivered = _note_looked(looked, part, before, sightings, tools)
        waited += [message for message in delivered if int(message.email_id) in before.waited]
        at_once = [message for message in delivered if int(message.email_id) not in before.waited]
        yield _late([to_delivery(message, message.arrived_at) for message in at_once], part, sightings, tools)
    for batch in tools.histories.read(waited):
        deliveries = [to_delivery(message, _sent_at(history) or message.arrived_at) for message, history in batch]
        yield _late(deliveries, part, sightings, tools)


def _note_still_pending(
    still: Mapping[int, int], part: Part, before: Pending, sightings: Sightings, tools: Tools
) -> None:
    """Notes the messages that are pending still: known ones by the known arrival, unless their days are over;
    unknown ones of before the start, which no window lists.
    """
    expired = _expired(part, tools)
    for number, arrived_at in still.items():
        known_arrival = before.pending.get(number)
        if known_arrival is None:
            if expired <= arrived_at < part.reading.since:
                note_pending(number, arrived_at, sightings, tools)
        elif (arrived_at or known_arrival) < expired:
            sightings.decided.add(number)
        else:
            note_pending(number, known_arrival, sightings, tools)


def _note_looked(looked: Looked, part: Part, before: Pending, sightings: Sightings, tools: Tools) -> list[Message]:
    """Those of the messages that were delivered; notes the outcome of all but these and the undecided.

    A delivered message is decided only when its event is made: until then, a sync that is cut off must look again.
    """
    expired = _expired(part, tools)
    delivered = [message for message in looked.values() if message and message.status in DELIVERED_STATUSES]
    undecided = {
        number
        for number, message in looked.items()
        if message and message.status in PENDING_STATUSES and before.pending[number] >= expired
    }
    for number in undecided:
        note_pending(number, before.pending[number], sightings, tools)
    sightings.decided |= looked.keys() - undecided - {int(message.email_id) for message in delivered}
    return delivered


def _late(deliveries: list[Event], part: Part, sightings: Sightings, tools: Tools) -> list[Event]:
    """Those of the late deliveries that are to be emitted; notes which of their messages are decided."""
    reading = part.reading
    sightings.decided |= {int(event.email_id) for event in deliveries if event.at < reading.until}
    new = [event for event in deliveries if reading.is_new(event)]
    part.recent.update((digest(event.id), max(event.at, tools.now)) for event in new)
    return new


def _expired(part: Part, tools: Tools) -> int:
    """The second before which a message must have arrived to be given up."""
    return part.reading.until - tools.config.late_delivery_s


def _sent_at(history: list[HistoryEvent]) -> int | None:
    return next((event.at for event in history if event.event_type == "sent"), None)


def _list_pending(span: Span, tools: Tools) -> dict[int, int]:
    """Number and arrival of all messages of a span of sends that are pending."""
    still: dict[int, int] = {}
    for status in PENDING_FILTERS:
        for _, rows in read_rows(tools.api, MESSAGE, span, {"MessageStatus": str(status)}):
            still.update((int(row.email_id), row.arrived_at) for row in rows if isinstance(row, Message))
    return still


def _look_again(gone: dict[int, int], tools: Tools) -> Iterator[Looked]:
    """Each message that is no longer pending, as it is now."""
    unlisted = dict(gone)
    for known in _listed_by_now([*gone], tools):
        for number in known:
            del unlisted[number]
        yield known
    for stretch in _stretches(unlisted):
        yield from _look_at_stretch(stretch, [gone[number] for number in stretch], tools)


def _look_at_stretch(stretch: list[int], arrivals: list[int], tools: Tools) -> Iterator[Looked]:
    """Messages that were sent close to each other: listed, if the time has no more pages than requests are saved."""
    window = {"FromTS": min(arrivals) - MARGIN_S, "ToTS": max(arrivals) + MARGIN_S}
    missing = set(stretch)
    if len(stretch) > FEW and tools.api.count("message", window) <= (len(stretch) - 1) * LIMIT:
        for page in all_pages(tools.api, "message", {**window, **SHOWN}, parse_message):
            tools.store.add_messages(page)
            found = {int(message.email_id): message for message in page if int(message.email_id) in missing}
            missing -= found.keys()
            yield found
    if missing:
        yield _look_at(sorted(missing), tools)


def _listed_by_now(gone: list[int], tools: Tools) -> Iterator[Looked]:
    """Those of the messages that this sync has listed when they were no longer pending, as they were then."""
    for first in range(0, len(gone), LIMIT):
        listed = tools.store.messages([str(number) for number in gone[first : first + LIMIT]]).values()
        known = {int(message.email_id): message for message in listed if message.status not in PENDING_STATUSES}
        if known:
            yield known


def _look_at(numbers: list[int], tools: Tools) -> Looked:
    """Messages as they are now, with address, subject and CustomID, which `message/{id}` is not documented to show."""
    bare = list(tools.pool.map(lambda number: _ask(number, tools), numbers))
    delivered = [message for message in bare if message and message.status in DELIVERED_STATUSES]
    shown = tools.messages.look_up(
        Wanted(message.email_id, message.contact_id, message.campaign_id, message.arrived_at) for message in delivered
    )
    return {
        number: message
        and shown.get(message.email_id, message)._replace(status=message.status, arrived_at=message.arrived_at)
        for number, message in zip(numbers, bare, strict=True)
    }


def _ask(number: int, tools: Tools) -> Message | None:
    return tools.api.find(f"message/{number}", {}, only(str(number), parse_message))


def _stretches(gone: dict[int, int]) -> list[list[int]]:
    """The messages in groups that were sent close to each other."""
    stretches: list[list[int]] = []
    for number in sorted(gone, key=lambda number: (gone[number], number)):
        if stretches and gone[number] - gone[stretches[-1][-1]] <= STRETCH_S:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    return stretches
