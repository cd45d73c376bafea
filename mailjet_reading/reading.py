"""One feed read once in a sync, for all streams that need it from the same state: its plan, its progress, its end.

Two streams whose states of a feed are equal share one reading; where they differ, each has its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mailjet_events.event import Event
from mailjet_reading.feeds.feeds import Feed
from mailjet_reading.packing import digest
from mailjet_reading.state import FeedState
from mailjet_rest.errors import MailjetError
from mailjet_rest.windows import Span, subtract
from program.failure import Failure
from segment_events.kinds import KIND_BY_STREAM, TRACKS
from segment_events.row import to_tracks_row

LOGGER = logging.getLogger("airbyte")


@dataclass
class Learned:
    """What reading a part has taught that the state must know (see `FeedState`).

    It counts once the part is read to its end; that of a part which covers no window, after each of its batches.
    """

    recent: dict[int, int] = field(default_factory=dict)
    pending: dict[int, int] = field(default_factory=dict)
    waited: dict[int, int] = field(default_factory=dict)
    no_longer_pending: set[int] = field(default_factory=set)
    is_watched: bool = False
    seen: dict[int, int] = field(default_factory=dict)
    lacking: dict[int, int] = field(default_factory=dict)


class Reading:
    """The reading of `feed` from the state `before`, for `streams`. May be used by many threads.

    `spans`: the windows, by the feed's clock, whose events are missing.
    """

    def __init__(
        self,
        number: int,
        feed: Feed,
        before: FeedState,
        streams: Sequence[str],
        since: int,
        until: int,
        lookback_s: int,
    ) -> None:
        self.number = number
        self.feed = feed
        self.before = before
        self.streams = tuple(streams)
        self.since, self.until, self.lookback_s = since, until, lookback_s
        self.spans = before.missing(since, until, lookback_s)
        self.failure: Failure | None = None
        self._running = 0
        self.is_planned = threading.Event()
        self.ended = threading.Event()
        self._state = before.begin(self.spans)
        self._lock = threading.Condition()
        self._open_parts = self._parts = 0
        self._expected: int | None = None
        self._all_open = False
        self._complete: Callable[[FeedState], FeedState] = lambda state: state

    @property
    def leader(self) -> str:
        """The stream under which the parts of this reading are run."""
        return self.streams[0]

    def rows_of(
        self, stream: str, events: Sequence[Event], rows: Sequence[dict[str, object]]
    ) -> list[dict[str, object]]:
        """The rows of those events that belong to a stream, in its form."""
        if stream == TRACKS:
            return [to_tracks_row(row) for row in rows]
        kind = KIND_BY_STREAM[stream]
        return [row for one, row in zip(events, rows, strict=True) if one.kind is kind]

    def state(self) -> FeedState:
        """The state as of the parts that were read to their end."""
        with self._lock:
            return self._state

    def progress(self) -> tuple[int, int, bool]:
        """How many parts were read, how many are planned, and whether more may be planned yet."""
        with self._lock:
            planned = max(self._parts, self._expected or 0)
            return self._parts - self._open_parts, planned, self._expected is None and not self._all_open

    def is_new(self, event: Event) -> bool:
        """Whether an event lies in the sync's bounds and was not emitted by an earlier sync."""
        if not self.since <= event.at < self.until:
            return False
        return not self.before.recent or digest(event.id) not in self.before.recent

    def amend(self, change: Callable[[FeedState], FeedState]) -> None:
        """Changes the state while the reading is planned."""
        with self._lock:
            self._state = change(self._state)

    def when_complete(self, complete: Callable[[FeedState], FeedState]) -> None:
        """Says what becomes of the state when all parts were read, where the windows are not the parts' own."""
        self._complete = complete

    def expect(self, parts: int) -> None:
        """Notes how many parts there will be, before any is opened."""
        with self._lock:
            self._expected = parts
        self.is_planned.set()

    def open(self) -> None:
        """Notes that one more part is to be read."""
        with self._lock:
            self._parts += 1
            self._open_parts += 1

    def planned(self) -> bool:
        """Notes that there are no more parts than those opened; tells whether all of them were closed already."""
        with self._lock:
            self._all_open = True
            return self._open_parts == 0

    def close(self, span: Span | None, learned: Learned) -> None:
        """Takes into the state a part that was read to its end; `span` is the window it covers, None where it covers
        none.
        """
        with self._lock:
            self._state = _taught(self._state, learned)
            if span:
                self._state = self._state.close(span, self.lookback_s)

    def learn(self, learned: Learned) -> None:
        """Takes into the state what a part has taught so far, all of whose events are on their way to be printed."""
        with self._lock:
            self._state = _taught(self._state, learned)

    def covers(self, span: Span) -> bool:
        """Whether all of a span lies in windows that were read to their end."""
        with self._lock:
            return not subtract([span], self._state.covered)

    def enter(self) -> bool:
        """Notes that a part begins to be read; False where the reading has failed, and the part is left alone."""
        with self._lock:
            self._running += self.failure is None
            return self.failure is None

    def leave(self) -> None:
        """Notes that a part which was entered prints no more."""
        with self._lock:
            self._running -= 1
            self._lock.notify_all()

    def wait_until_idle(self) -> None:
        """Waits until no part is being read: a stream's last status must come after all that is printed of it."""
        with self._lock:
            self._lock.wait_for(lambda: self._running == 0)

    def settle(self) -> bool:
        """Notes that a part is closed; tells whether it was the last."""
        with self._lock:
            self._open_parts -= 1
            self._lock.notify_all()
            return self._all_open and self._open_parts == 0

    def wait_for_parts(self) -> None:
        """Waits until the parts opened so far are closed, or the reading has failed."""
        with self._lock:
            self._lock.wait_for(lambda: self._open_parts == 0 or self.failure is not None)

    def complete(self) -> None:
        """Takes into the state that all parts were read. Who waits for the end waits on until `ended` is set."""
        with self._lock:
            self._state = self._complete(self._state)

    def fail(self, error: Exception) -> Failure:
        """Ends the reading: the parts not read are left to the next sync. Gives the error as one for the user."""
        with self._lock:
            if self.failure is None:
                LOGGER.debug("Reading '%s' failed.", self.feed.name, exc_info=error)
                self.failure = error if isinstance(error, Failure) else _unexpected(self.feed, error)
            self.is_planned.set()
            self.ended.set()
            self._lock.notify_all()
            return self.failure


def _taught(state: FeedState, learned: Learned) -> FeedState:
    pending, waited = {**state.pending, **learned.pending}, {**state.waited, **learned.waited}
    for message in learned.no_longer_pending:
        pending.pop(message, None)
        waited.pop(message, None)
    return replace(
        state,
        recent={**state.recent, **learned.recent},
        pending=pending,
        waited=waited,
        is_watched=state.is_watched or learned.is_watched,
        seen={**state.seen, **learned.seen},
        lacking={**state.lacking, **learned.lacking},
    )


def _unexpected(feed: Feed, error: Exception) -> Failure:
    return MailjetError(
        f"Reading Mailjet's '{feed.resource.path}' failed in a way that is not expected ({type(error).__name__}): "
        "start the sync again, and report it with this line if it stays."
    )
