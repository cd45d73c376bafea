"""A part of a reading: what one worker reads from beginning to end, and what is covered when it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial

from mailjet_events.event import Event
from mailjet_reading.config import Config
from mailjet_reading.lookups.histories import Histories
from mailjet_reading.lookups.messages import Messages
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.packing import digest
from mailjet_reading.reading import Learned, Reading
from mailjet_reading.report import EMPTY_STRETCHES, Report
from mailjet_reading.state import EDGE_S
from mailjet_rest.client import Mailjet
from mailjet_rest.counted import Counted
from mailjet_rest.listing import plan_windows, read_rows
from mailjet_rest.resources import EventRow
from mailjet_rest.rows import State
from mailjet_rest.windows import Span


@dataclass(frozen=True)
class Tools:
    """What parts are read with, the same for all of a sync."""

    config: Config
    api: Mailjet
    store: Store
    messages: Messages
    histories: Histories
    pool: Executor
    states: Mapping[str, State]
    report: Report

    @property
    def now(self) -> int:
        """The time in Unix seconds: by Mailjet's clock, as of its last answer, where that tells it."""
        return self.api.date or int(time.time())


FEW_PARTS = 2
Read = Callable[["Part", Tools], Iterator[list[Event]]]
"""How a part is read: what happened, in batches."""


@dataclass(frozen=True)
class Part:
    """`span` is what is asked for, `covers` what is covered once it is read; `read` gives what happened, in batches.

    `is_gathered`: whether what surrounds these is looked up for several batches together, which takes memory. `count`:
    how many rows the window has, where that is known; `counted`: the larger window that it was cut from.
    """

    reading: Reading
    span: Span
    covers: Span | None
    read: Read
    is_gathered: bool = False
    learned: Learned = field(default_factory=Learned)
    count: int | None = None
    counted: Counted | None = None

    def rows(self, api: Mailjet) -> Iterator[tuple[Span, list[EventRow]]]:
        """The rows of the window, as `read_rows` gives them."""
        tally = self.counted.tally if self.counted else None
        return read_rows(api, self.reading.feed.resource, self.span, count=self.count, tally=tally)

    def may_be_read_again(self, is_short: bool) -> bool:
        """Whether the rows of a page may come again in this sync, because rows were missing of the larger window."""
        return self.counted is not None and (is_short or self.count is not None)

    def close(self) -> None:
        """Takes the part, which was read to its end, into the state: at once, or when the larger window is complete."""
        close = partial(self.reading.close, self.covers, self.learned)
        if self.counted:
            self.counted.close(self.span, close)
        else:
            close()

    @property
    def is_saved_by_batch(self) -> bool:
        """Whether what a batch teaches counts before the part's end: that is so where it covers no window."""
        return self.covers is None

    def remember(self, event_id: str, second: int, latest: int | None = None) -> None:
        """Notes an emitted event that a later sync may list again; any other `FeedState.close` would drop.

        `latest`: what the clock that it is listed by may say at most, where that may be another than its own `second`;
        it matters in what the next sync looks back on.
        """
        reading, (since, until) = self.reading, self.span
        is_looked_back_on = until >= reading.until - reading.lookback_s - EDGE_S
        if latest is not None and is_looked_back_on and not self._borders_on_hole(second):
            second = latest
        if not since + EDGE_S < second < until - EDGE_S - reading.lookback_s:
            self.learned.recent[digest(event_id)] = second

    def _borders_on_hole(self, second: int) -> bool:
        """Whether a second is at the beginning, and what lies before was not read to its end."""
        since = self.span[0]
        return abs(second - since) <= EDGE_S and not self.reading.covers((since - 2 * EDGE_S, since))


def plan_parts(reading: Reading, tools: Tools, read: Read) -> list[Part]:
    """A part for each window of what is missing; windows that a count finds empty are covered without one."""
    parts: list[Part] = []
    for missing in reading.spans:
        windows, count = plan_windows(tools.api, reading.feed.resource, missing)
        if not windows:
            reading.close(missing, Learned())
            tools.report.leave_out(EMPTY_STRETCHES)
        if count is None or len(windows) == 1:
            parts += [Part(reading, span, span, read, count=count) for span in windows]
        else:
            counted, read_all = Counted(missing, count, len(windows)), partial(_read_counted, read)
            parts += [Part(reading, span, span, read_all, counted=counted) for span in windows]
    # Few windows have few events, whose messages were often sent before what this sync lists.
    return [replace(part, is_gathered=True) for part in parts] if len(parts) <= FEW_PARTS else parts


def _read_counted(read: Read, part: Part, tools: Tools) -> Iterator[list[Event]]:
    """What happened in a part of several that were counted together, and, after the last, in those that lack rows."""
    yield from read(part, tools)
    if part.counted and part.counted.end(part.span):
        for span, count in part.counted.parts_to_list_again(tools.api, part.reading.feed.resource):
            yield from read(replace(part, span=span, count=count), tools)
