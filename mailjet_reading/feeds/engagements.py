"""Unsubscribes and complaints: found by the status of messages, timed by their history.

Mailjet lists neither by the time of the event, and a message shows only its latest status. So the sends of the last
weeks are listed by both statuses, and the history of each message is read once for each status it is seen with. If a
history does not show the event, it is asked for again once a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailjet_events.event import Event
from mailjet_events.from_rest import ENGAGEMENT_KINDS, to_engagement
from mailjet_reading.feeds.emitted_before import (
    early_mark,
    emitted_mark,
    is_known,
    lacking_mark,
    was_emitted,
    was_lacking,
)
from mailjet_reading.feeds.engaged import Completion, Engaged, Look, Marks
from mailjet_reading.limits import AGAIN_S, HISTORIES_AT_ONCE
from mailjet_reading.lookups.histories import WithHistory
from mailjet_reading.part import Part, Tools, saved_part
from mailjet_reading.reading import Reading
from mailjet_reading.report import BEFORE_START, EMITTED_BEFORE, KNOWN, LACKING
from mailjet_rest.listing import read_rows
from mailjet_rest.resources import MESSAGE, EventRow
from mailjet_rest.rows import HistoryEvent, Message
from mailjet_rest.windows import DAY_S

STATUS_FILTERS: Mapping[str, str] = {"unsub": "7", "spam": "6"}
"""`MessageStatus` by the word that rows show (types of Mailjet's client)."""
NO_READING = -1
"""A mark that is claimed in its name is claimed for the whole sync."""


def plan_engagements(reading: Reading, tools: Tools) -> Iterator[Part]:
    """One part, for few sends have either status: from the engagement days before the first missing event on.

    It is saved by batch, and covers all missing windows when every send was looked at.
    """
    if reading.spans:
        first_send = max(0, reading.spans[0][0] - tools.config.engagement_days * DAY_S)
        yield saved_part(reading, (first_send, reading.until), reading.spans, read_engagements)


def read_engagements(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The unsubscribes and complaints among the sends of the window that were not emitted yet.

    All sends are listed before the first history is asked for: if a history cannot be read, only those that are asked
    for together with it wait, and the next sync asks for it together with other ones.
    """
    marks = part.lesson_as(Marks)
    marks.start = part.reading.since
    ids = _list_due(part, tools)
    for first in range(0, len(ids), HISTORIES_AT_ONCE):
        messages = tools.store.messages(ids[first : first + HISTORIES_AT_ONCE])
        for batch in tools.histories.read([*messages.values()]):
            yield _to_events(batch, part, marks, tools)
    marks.completion = _complete(part, tools)


def _complete(part: Part, tools: Tools) -> Completion:
    """The completion of a reading that looked at all sends: a send is forgotten if no later sync looks at it."""
    reading = part.reading
    read_until = max(reading.before.windows.read_until, *(until for _, until in reading.spans))
    return Completion(
        Look(reading.since, reading.until, part.span[0]),
        read_until - reading.lookback_s - tools.config.engagement_days * DAY_S,
        tools.now - AGAIN_S,
    )


def _list_due(part: Part, tools: Tools) -> list[str]:
    """The messages whose history is to be asked for, by id, each once."""
    due: dict[str, None] = {}
    for status_filter in STATUS_FILTERS.values():
        for _, rows in read_rows(tools.api, MESSAGE, part.span, {"MessageStatus": status_filter}):
            due |= dict.fromkeys(_due(rows, part.reading, tools))
    return [*due]


def _due(rows: Iterable[EventRow], reading: Reading, tools: Tools) -> list[str]:
    """Those of the listed messages, by id, whose history is to be asked for; keeps them in the store."""
    before = reading.before.memory_as(Engaged)
    listed = {
        f"{row.email_id} {row.status}": row for row in rows if isinstance(row, Message) and row.status in STATUS_FILTERS
    }
    tools.store.add_messages(listed.values())
    unread = {
        key: message for key, message in listed.items() if not is_known(message, STATUS_FILTERS, reading.since, before)
    }
    tools.report.leave_out(KNOWN, len(listed) - len(unread))
    lacking = {key: message for key, message in unread.items() if was_lacking(message, tools.now, before)}
    _count_lacking(lacking.values(), tools)
    fresh = tools.store.claim(reading.number, list(unread))
    due = [message for key, message in unread.items() if key in fresh and key not in lacking]
    return [message.email_id for message in _without_stored(due, tools)]


def _without_stored(messages: Sequence[Message], tools: Tools) -> list[Message]:
    """Those of the messages whose unsubscribe or complaint, whichever their status shows, nobody has stored."""
    missing: list[Message] = []
    for word, kind in ENGAGEMENT_KINDS.items():
        of_word = {message.email_id: message for message in messages if message.status == word}
        stored = tools.stored(kind, list(of_word)) if of_word else ()
        missing += [message for email_id, message in of_word.items() if email_id not in stored]
        tools.report.leave_out(KNOWN, len(stored))
    return missing


def _to_events(batch: WithHistory, part: Part, marks: Marks, tools: Tools) -> list[Event]:
    """The events in the histories that are to be emitted, each once in a sync; histories that lack one are noted."""
    events: dict[str, Event] = {}
    for message, history in batch:
        first = _first_by_word(history)
        if message.status not in first:
            marks.lacking[lacking_mark(message)] = tools.now
            _count_lacking([message], tools)
        for word, shown in first.items():
            event = to_engagement(message, shown)
            if event and event.at < part.reading.until and _is_due(event, message, word, part, marks, tools):
                events[event.id] = event
    fresh = tools.store.claim(part.reading.number, list(events))
    return [event for event_id, event in events.items() if event_id in fresh]


def _is_due(event: Event, message: Message, word: str, part: Part, marks: Marks, tools: Tools) -> bool:
    """Whether an event is to be emitted; marks it as emitted, or as one of before the start."""
    reading = part.reading
    is_old = was_emitted(message, word, event.at, reading.before.memory_as(Engaged))
    if event.at < reading.since and not is_old:
        marks.seen[early_mark(message.email_id, word, reading.since)] = message.arrived_at
        tools.report.leave_out(BEFORE_START)
        return False
    marks.seen[emitted_mark(message.email_id, word)] = message.arrived_at
    if is_old:
        tools.report.leave_out(EMITTED_BEFORE)
    return not is_old


def _count_lacking(messages: Iterable[Message], tools: Tools) -> None:
    """Counts messages whose history lacks their event, each once in a sync, however many readings list it."""
    marks = [f"{message.email_id} {message.status}" for message in messages]
    tools.report.leave_out(LACKING, len(tools.store.claim(NO_READING, marks)))


def _first_by_word(history: Iterable[HistoryEvent]) -> dict[str, HistoryEvent]:
    """The first unsubscribe and the first complaint: a message has one of each at most."""
    first: dict[str, HistoryEvent] = {}
    for event in sorted(history, key=lambda event: event.at):
        if event.event_type in STATUS_FILTERS:
            first.setdefault(event.event_type, event)
    return first
