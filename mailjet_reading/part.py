"""A part of a reading: one worker reads it from beginning to end, learns from it, and covers its windows then."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TypeVar

from mailjet_events.event import Event
from mailjet_reading.config import Config
from mailjet_reading.limits import EDGE_S, FEW_PARTS
from mailjet_reading.lookups.histories import Histories
from mailjet_reading.lookups.messages import Messages
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.packing import digest
from mailjet_reading.reading import Reading
from mailjet_reading.report import EMPTY_STRETCHES, Report
from mailjet_rest.client import Mailjet
from mailjet_rest.counted import Counted
from mailjet_rest.listing import plan_windows, read_rows
from mailjet_rest.resources import EventRow
from mailjet_rest.rows import State
from mailjet_rest.windows import Span
from segment_events.kinds import Kind

L = TypeVar("L")
Stored = Callable[[Kind, Sequence[str]], Collection[str]]
"""Those of some messages of which somebody has stored an event of a kind: nothing more is asked about them."""


def nothing_stored(kind: Kind, email_ids: Sequence[str]) -> Collection[str]:
    """For who stores nothing."""
    return ()


@dataclass(frozen=True)
class Tools:
    """The tools that parts are read with, the same for all of a sync."""

    config: Config
    api: Mailjet
    store: Store
    messages: Messages
    histories: Histories
    pool: Executor
    states: Mapping[str, State]
    report: Report
    stored: Stored = nothing_stored

    @property
    def now(self) -> int:
        """The time in Unix seconds: by Mailjet's clock, as of its last answer, if that had one."""
        return self.api.date or int(time.time())


Read = Callable[["Part", Tools], Iterator[list[Event]]]
"""How a part is read: its events, in batches."""


@dataclass(frozen=True)
class Part:
    """`span` is the time that is asked for; `covers` are the windows that are covered when it was read to its end.

    `recent`: emitted events that a later sync may list again. `lesson`: new facts for the feed's memory.
    `is_saved_by_batch`: the lesson of a batch counts as soon as its rows are on the queue. `is_gathered`: the
    surroundings of events are looked up for several batches together, which takes memory. `count`: the number of rows
    of the window, if it is known. `counted`: the larger window that this one was cut from.
    """

    reading: Reading
    span: Span
    covers: Sequence[Span]
    read: Read
    lesson: object
    recent: dict[int, int] = field(default_factory=dict)
    is_saved_by_batch: bool = False
    is_gathered: bool = False
    count: int | None = None
    counted: Counted | None = None

    def rows(self, api: Mailjet) -> Iterator[tuple[Span, list[EventRow]]]:
        """The rows of the window, as `read_rows` gives them."""
        tally = self.counted.tally if self.counted else None
        return read_rows(api, self.reading.feed.resource, self.span, count=self.count, tally=tally)

    def lesson_as(self, kind: type[L]) -> L:
        """The lesson, for the function that reads the part; raises `TypeError` if the feed's memory learns another."""
        if not isinstance(self.lesson, kind):
            raise TypeError(f"a part of '{self.reading.feed.name}' has no lesson of the kind {kind.__name__}")
        return self.lesson

    def may_be_read_again(self, is_short: bool) -> bool:
        """Whether the rows of a page may come again in this sync, because rows were missing of the larger window."""
        return self.counted is not None and (is_short or self.count is not None)

    def save(self) -> None:
        """Takes the lesson so far into the state, if the part is saved by batch."""
        if self.is_saved_by_batch:
            self.reading.state.learn(self.recent, self.lesson)

    def cover(self) -> None:
        """Takes the part, which was read to its end, into the state: at once, or when the larger window is complete."""
        cover = partial(self.reading.state.cover, self.covers, self.recent, self.lesson)
        if self.counted:
            self.counted.cover(self.span, cover)
        else:
            cover()

    def remember(self, event_id: str, second: int, latest: int | None = None) -> None:
        """Notes an emitted event that a later sync may list again; `Windows.cover` would forget any other.

        `latest`: the latest second of the clock that it is listed by, if that clock may be another one than that of
        `second`; it matters for events that the next sync looks back on.
        """
        if latest is not None and self._is_looked_back_on and not self._borders_on_hole(second):
            second = latest
        since, until = self._inner_span
        if not since < second < until:
            self.recent[digest(event_id)] = second

    @cached_property
    def _inner_span(self) -> Span:
        """The seconds between which no later sync lists an event again."""
        return self.span[0] + EDGE_S, self.span[1] - EDGE_S - self.reading.lookback_s

    @cached_property
    def _is_looked_back_on(self) -> bool:
        return self.span[1] >= self.reading.until - self.reading.lookback_s - EDGE_S

    def _borders_on_hole(self, second: int) -> bool:
        """Whether a second is at the beginning, and the time before it was not read to its end."""
        since = self.span[0]
        return abs(second - since) <= EDGE_S and not self.reading.state.now.windows.covers((since - 2 * EDGE_S, since))


def window_part(reading: Reading, window: Span, read: Read) -> Part:
    """The part that reads a window and covers it."""
    return Part(reading, window, (window,), read, reading.before.memory.lesson())


def saved_part(reading: Reading, span: Span, covers: Sequence[Span], read: Read) -> Part:
    """A part that is saved by batch; `covers` are the windows that are covered when all of it was read."""
    return Part(reading, span, covers, read, reading.before.memory.lesson(), is_saved_by_batch=True)


def plan_parts(reading: Reading, tools: Tools, read: Read) -> list[Part]:
    """A part for each window that is missing; windows that a count finds empty are covered without one."""
    parts = [part for span in reading.spans for part in _plan_span(reading, span, tools, read)]
    return [replace(part, is_gathered=True) for part in parts] if len(parts) <= FEW_PARTS else parts


def _plan_span(reading: Reading, missing: Span, tools: Tools, read: Read) -> list[Part]:
    windows, count = plan_windows(tools.api, reading.feed.resource, missing)
    if not windows:
        reading.state.cover([missing], {}, reading.before.memory.lesson())
        tools.report.leave_out(EMPTY_STRETCHES)
    if count is None or len(windows) == 1:
        return [replace(window_part(reading, window, read), count=count) for window in windows]
    counted, read_all = Counted(missing, count, len(windows)), partial(_read_counted, read)
    return [replace(window_part(reading, window, read_all), counted=counted) for window in windows]


def _read_counted(read: Read, part: Part, tools: Tools) -> Iterator[list[Event]]:
    """The events of a part of several that were counted together, and, after the last, of those that lack rows."""
    yield from read(part, tools)
    if part.counted and part.counted.end(part.span):
        for span, count in part.counted.parts_to_list_again(tools.api, part.reading.feed.resource):
            yield from read(replace(part, span=span, count=count), tools)
