"""Unsubscribes and complaints: found by the status of messages, timed by their history.

Mailjet lists neither by the time of the event, and a message shows only its latest status. So the sends of the last
weeks are listed by both statuses, and the history of each message is read once for each status it is seen with. One
that does not tell of the event is asked for again once a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mailjet_events.event import Event
from mailjet_events.from_rest import to_engagement
from mailjet_reading.feeds.emitted_before import (
    AGAIN_S,
    add_look,
    early_mark,
    emitted_mark,
    is_settled,
    lacking_mark,
    was_emitted,
    was_lacking,
)
from mailjet_reading.lookups.histories import AT_ONCE, Told
from mailjet_reading.part import Part, Tools
from mailjet_reading.reading import Reading
from mailjet_reading.report import BEFORE_START, EMITTED_BEFORE, LACKING, SETTLED
from mailjet_reading.state import FeedState, Look
from mailjet_rest.listing import read_rows
from mailjet_rest.resources import MESSAGE, EventRow
from mailjet_rest.rows import HistoryEvent, Message
from mailjet_rest.windows import DAY_S, Span

STATUS_FILTERS: Mapping[str, str] = {"unsub": "7", "spam": "6"}
"""`MessageStatus` by the word that rows show (types of Mailjet's client)."""
NO_READING = -1
"""What is claimed in its name is claimed for the whole sync."""


def plan_engagements(reading: Reading, tools: Tools) -> Iterator[Part]:
    """One part, for few sends have either status: from the engagement days before the first missing event on."""
    if not reading.spans:
        return
    days_s = tools.config.engagement_days * DAY_S
    sends = (max(0, reading.spans[0][0] - days_s), reading.until)
    reading.amend(lambda state: replace(state, starts=tuple(sorted({*state.starts, reading.since}))))
    reading.when_complete(lambda state: _complete(state, reading, sends, days_s, tools.now))
    yield Part(reading, sends, None, read_engagements)


def read_engagements(part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The unsubscribes and complaints among the sends of the window that were not emitted yet.

    All is listed before the first history is asked for: one that cannot be read then holds up only what is asked for
    with it, and at the next sync that is something else.
    """
    due: dict[str, None] = {}
    for status_filter in STATUS_FILTERS.values():
        for _, rows in read_rows(tools.api, MESSAGE, part.span, {"MessageStatus": status_filter}):
            due |= dict.fromkeys(_due(rows, part.reading, tools))
    ids = [*due]
    for first in range(0, len(ids), AT_ONCE):
        messages = tools.store.messages(ids[first : first + AT_ONCE])
        for told in tools.histories.read([*messages.values()]):
            yield _to_events(told, part, tools)


def _due(rows: Iterable[EventRow], reading: Reading, tools: Tools) -> list[str]:
    """Those of the listed messages, by id, whose history is to be asked for; keeps them in the store."""
    listed = {
        f"{row.email_id} {row.status}": row for row in rows if isinstance(row, Message) and row.status in STATUS_FILTERS
    }
    tools.store.add_messages(listed.values())
    unread = {
        key: message
        for key, message in listed.items()
        if not is_settled(message, STATUS_FILTERS, reading.since, reading.before)
    }
    tools.report.leave_out(SETTLED, len(listed) - len(unread))
    lacking = {key: message for key, message in unread.items() if was_lacking(message, tools.now, reading.before)}
    _count_lacking(lacking.values(), tools)
    fresh = tools.store.claim(reading.number, list(unread))
    return [message.email_id for key, message in unread.items() if key in fresh and key not in lacking]


def _to_events(told: Told, part: Part, tools: Tools) -> list[Event]:
    """What the histories tell that is to be emitted, each event once in a sync; what they lack is noted."""
    reading = part.reading
    events: dict[str, Event] = {}
    for message, history in told:
        first = _first_of_each(history)
        if message.status not in first:
            part.learned.lacking[lacking_mark(message)] = tools.now
            _count_lacking([message], tools)
        for word, shown in first.items():
            event = to_engagement(message, shown)
            if event is None or event.at >= reading.until:
                continue
            is_old = was_emitted(message, word, event.at, reading.before)
            if event.at < reading.since and not is_old:
                part.learned.seen[early_mark(message.email_id, word, reading.since)] = message.arrived_at
                tools.report.leave_out(BEFORE_START)
                continue
            part.learned.seen[emitted_mark(message.email_id, word)] = message.arrived_at
            if is_old:
                tools.report.leave_out(EMITTED_BEFORE)
            else:
                events[event.id] = event
    fresh = tools.store.claim(reading.number, list(events))
    return [event for event_id, event in events.items() if event_id in fresh]


def _count_lacking(messages: Iterable[Message], tools: Tools) -> None:
    """Counts messages whose history lacks their event, each once in a sync, however many readings list it."""
    marks = [f"{message.email_id} {message.status}" for message in messages]
    tools.report.leave_out(LACKING, len(tools.store.claim(NO_READING, marks)))


def _first_of_each(history: Iterable[HistoryEvent]) -> dict[str, HistoryEvent]:
    """The first unsubscribe and the first complaint: a message has one of each at most."""
    first: dict[str, HistoryEvent] = {}
    for event in sorted(history, key=lambda one: one.at):
        if event.event_type in STATUS_FILTERS:
            first.setdefault(event.event_type, event)
    return first


def _complete(state: FeedState, reading: Reading, sends: Span, days_s: int, now: int) -> FeedState:
    """The state when all sends were looked at: the missing windows are covered, and older sends are forgotten."""
    for span in reading.spans:
        state = state.close(span, reading.lookback_s)
    is_complete_since = min(sends[0], state.seen_since)
    seen_since = max(is_complete_since, state.read_until - reading.lookback_s - days_s)
    seen = {number: second for number, second in state.seen.items() if second >= seen_since}
    looks = add_look(state.looks, Look(reading.since, reading.until, sends[0]))
    lacking = {number: asked_at for number, asked_at in state.lacking.items() if asked_at > now - AGAIN_S}
    return replace(state, seen=seen, seen_since=seen_since, looks=looks, lacking=lacking)
