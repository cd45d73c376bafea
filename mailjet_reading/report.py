"""Counts the events that a sync emits and leaves out, while its many threads run."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence

from mailjet_events.event import Event
from mailjet_reading.reading import Reading
from segment_events.kinds import CLICKED, DELIVERED, OPENED, Kind

EMITTED_BEFORE = "emitted by an earlier sync"
BEFORE_START = "before start_date"
NOT_SELECTED = "of streams that are not selected"
REPEATED = "listed twice or twice within one second"
NOT_DELIVERED = "messages that were not delivered"
NOT_BLOCKED = "messages that were not blocked"
WITHOUT_TIME = "blocked messages without a time"
NEVER_SENT = "bounces of messages that Mailjet never sent"
KNOWN = "messages whose unsubscribe or complaint is known"
LACKING = "messages whose history lacks the unsubscribe or complaint that they show"
EMPTY_STRETCHES = "windows that hold nothing"
"""Why something was left out, in the words of the log."""


class Report:
    """Counts emitted events, by kind and stream, and others, by reason; may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._emitted: Counter[tuple[str, str]] = Counter()
        self._tracked: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def select(self, reading: Reading, events: Sequence[Event]) -> list[Event]:
        """The events that a stream of the reading takes; unsubscribes and complaints are listed together."""
        if len(reading.feed.kinds) == 1:
            return list(events)
        taken = [kind for kind in reading.feed.kinds if reading.streams_of(kind)]
        selected = [event for event in events if event.kind in taken]
        self.leave_out(NOT_SELECTED, len(events) - len(selected))
        return selected

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Counts events and rows that are not emitted."""
        if count:
            with self._lock:
                self._left_out[reason] += count

    def count(self, reading: Reading, events: Sequence[Event]) -> None:
        """Counts events, once for each of their streams, and deliveries whose opens or clicks can be known."""
        with self._lock:
            if DELIVERED in reading.feed.kinds:
                messages = [event.message for event in events if event.message]
                self._tracked[OPENED.name] += sum(message.is_open_tracked is not False for message in messages)
                self._tracked[CLICKED.name] += sum(message.is_click_tracked is not False for message in messages)
            kinds = reading.feed.kinds
            for kind in kinds:
                count = len(events) if len(kinds) == 1 else sum(event.kind is kind for event in events)
                for stream in reading.streams_of(kind) if count else ():
                    self._emitted[kind.name, stream] += count

    @property
    def emitted(self) -> Mapping[tuple[str, str], int]:
        """Records by kind of event and stream."""
        with self._lock:
            return dict(self._emitted)

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many were not emitted, by reason."""
        with self._lock:
            return dict(self._left_out)

    @property
    def events(self) -> Mapping[str, int]:
        """Events by kind; one that is in its own stream and in `tracks` counts once."""
        events: dict[str, int] = {}
        for (kind, _), count in self.emitted.items():
            events[kind] = max(count, events.get(kind, 0))
        return events

    def is_untracked(self, kind: Kind) -> bool:
        """Whether there were deliveries but no events of this kind, and none of the messages was tracked for them."""
        events = self.events
        return DELIVERED.name in events and kind.name not in events and not self._tracked[kind.name]
