"""Unsubscribes and complaints: found by the status of messages, timed by their history.

Mailjet lists neither by the time of the event, and a message shows only its latest status. So the sends of the last
weeks are listed by both statuses, and the history of each message is read once for each status it is seen with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from source_mailjet_segment.config import DAY_S
from source_mailjet_segment.emitted_before import add_look, early_mark, emitted_mark, is_settled, was_emitted
from source_mailjet_segment.events import ENGAGEMENT_KINDS, Happening, to_engagement
from source_mailjet_segment.feeds import ENGAGEMENTS
from source_mailjet_segment.history import read_history
from source_mailjet_segment.listing import read_rows
from source_mailjet_segment.part import Part, Tools
from source_mailjet_segment.reading import Reading
from source_mailjet_segment.report import BEFORE_START, EMITTED_BEFORE, SETTLED
from source_mailjet_segment.rows import HistoryEvent, Message
from source_mailjet_segment.state import FeedState, Look
from source_mailjet_segment.windows import Span

STATUS_FILTERS: Mapping[str, str] = {"unsub": "7", "spam": "6"}
"""`MessageStatus` by the word that rows show (types of Mailjet's client)."""


def plan_engagements(reading: Reading, tools: Tools) -> Iterator[Part]:
    """One part, for few sends have either status: from the engagement days before the first missing event on."""
    if not reading.spans:
        return
    days_s = tools.config.engagement_days * DAY_S
    sends = (max(0, reading.spans[0][0] - days_s), reading.until)
    reading.amend(lambda state: replace(state, starts=tuple(sorted({*state.starts, reading.since}))))
    reading.when_complete(lambda state: _complete(state, reading, sends, days_s))
    yield Part(reading, sends, None, read_engagements)


def read_engagements(part: Part, tools: Tools) -> Iterator[list[Happening]]:
    """The unsubscribes and complaints among the sends of the window that were not emitted yet."""
    reading = part.reading
    for status_filter in STATUS_FILTERS.values():
        for _, rows in read_rows(tools.api, ENGAGEMENTS, part.span, {"MessageStatus": status_filter}):
            listed = {
                f"{row.message_id} {row.status}": row
                for row in rows
                if isinstance(row, Message) and row.status in STATUS_FILTERS
            }
            tools.store.add_messages(listed.values())
            unread = [
                key
                for key, message in listed.items()
                if not is_settled(message, STATUS_FILTERS, reading.since, reading.before)
            ]
            tools.report.leave_out(SETTLED, len(listed) - len(unread))
            fresh = tools.store.claim(reading.number, unread)
            yield _read_histories([listed[key] for key in unread if key in fresh], part, tools)


def _read_histories(messages: list[Message], part: Part, tools: Tools) -> list[Happening]:
    """What the histories of the messages tell that is to be emitted, each event once in a sync."""
    reading = part.reading
    told: dict[str, Happening] = {}
    read = partial(read_history, tools.api, needed=STATUS_FILTERS)
    for message, history in zip(messages, tools.pool.map(read, messages), strict=True):
        for word, event in _first_of_each(history).items():
            happening = to_engagement(message, event)
            if happening is None or event.at >= reading.until:
                continue
            is_old = was_emitted(message, word, event.at, reading.before)
            if event.at < reading.since and not is_old:
                part.learned.seen[early_mark(message.message_id, word, reading.since)] = message.arrived_at
                tools.report.leave_out(BEFORE_START)
                continue
            part.learned.seen[emitted_mark(message.message_id, word)] = message.arrived_at
            if is_old:
                tools.report.leave_out(EMITTED_BEFORE)
            else:
                told[happening.id] = happening
    fresh = tools.store.claim(reading.number, list(told))
    return [told[one] for one in told if one in fresh]


def _first_of_each(history: Iterable[HistoryEvent]) -> dict[str, HistoryEvent]:
    """The first unsubscribe and the first complaint: a message has one of each at most."""
    first: dict[str, HistoryEvent] = {}
    for event in sorted(history, key=lambda one: one.at):
        if event.event_type in STATUS_FILTERS:
            first.setdefault(event.event_type, event)
    return first


def _complete(state: FeedState, reading: Reading, sends: Span, days_s: int) -> FeedState:
    """The state when all sends were looked at: the missing windows are covered, and older sends are forgotten."""
    for span in reading.spans:
        state = state.close(span, reading.lookback_s)
    is_complete_since = min(sends[0], state.seen_since)
    seen_since = max(is_complete_since, state.read_until - reading.lookback_s - days_s)
    seen = {number: second for number, second in state.seen.items() if second >= seen_since}
    looks = add_look(state.looks, Look(reading.since, reading.until, sends[0]))
    return replace(state, seen=seen, seen_since=seen_since, looks=looks)


assert set(STATUS_FILTERS) == set(ENGAGEMENT_KINDS)
