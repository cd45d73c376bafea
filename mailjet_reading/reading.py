"""One feed, read once in a sync, for all streams that need it from the same state.

Streams whose states of a feed are equal share a reading; streams whose states differ have one each. A reading is a
value. `Turn` says how far it has come, `KeptState` holds its state by then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mailjet_events.event import Event
from mailjet_reading.feeds.feed import Feed
from mailjet_reading.kept_state import KeptState
from mailjet_reading.packing import digest
from mailjet_reading.state import FeedState, format_state
from mailjet_reading.turn import Turn
from mailjet_rest.errors import MailjetError
from mailjet_rest.windows import Span, subtract
from program.failure import Failure
from segment_events.kinds import KIND_BY_STREAM, TRACKS, Kind

R = TypeVar("R")
LOGGER = logging.getLogger("airbyte")


@dataclass(frozen=True, eq=False)
class Reading:
    """The reading of `feed` from the state `before`, for `streams`; may be used by many threads.

    Events of `[since, until)` are emitted. `spans`: the windows, by the feed's clock, whose events are missing.
    """

    number: int
    feed: Feed
    before: FeedState
    streams: tuple[str, ...]
    since: int
    until: int
    lookback_s: int
    spans: Sequence[Span]
    state: KeptState
    turn: Turn

    @property
    def leader(self) -> str:
        """The stream under which the parts of this reading are run."""
        return self.streams[0]

    @property
    def share_read(self) -> float:
        """The part of the time of `spans` that was read to its end, from 0 to 1."""
        whole = sum(until - since for since, until in self.spans)
        missing = subtract(self.spans, self.state.now.windows.covered)
        return 1 - sum(until - since for since, until in missing) / whole if whole else 1.0

    def streams_of(self, kind: Kind) -> list[str]:
        """The streams of the reading that take events of a kind."""
        return [stream for stream in self.streams if stream == TRACKS or KIND_BY_STREAM[stream] is kind]

    def rows_of(self, stream: str, events: Sequence[Event], rows: Sequence[R]) -> Sequence[R]:
        """The rows, in whatever form, of those events that belong to a stream."""
        kind = KIND_BY_STREAM.get(stream)
        if kind is None or self.feed.kinds == (kind,):
            return rows
        return [row for event, row in zip(events, rows, strict=True) if event.kind is kind]

    def is_new(self, event: Event) -> bool:
        """Whether an event lies in the sync's bounds and was not emitted by an earlier sync."""
        if not self.since <= event.at < self.until:
            return False
        recent = self.before.windows.recent
        return not recent or digest(event.id) not in recent

    def fail(self, error: Exception) -> Failure:
        """Ends the reading: the parts not read are left to the next sync. Gives the first error as a `Failure`."""
        if self.turn.failure is None:
            LOGGER.debug("Reading '%s' failed.", self.feed.name, exc_info=error)
        return self.turn.fail(error if isinstance(error, Failure) else _unexpected(self.feed, error))


def begin_reading(
    number: int, feed: Feed, before: FeedState, streams: Sequence[str], since: int, until: int, lookback_s: int
) -> Reading:
    """The reading of all that is missing; from now on its state does not cover the windows that are to be read."""
    lookback_s = max(lookback_s, feed.lookback_s)
    spans = before.windows.missing(since, until, lookback_s)
    state = KeptState(before.uncover(spans), lookback_s)
    return Reading(number, feed, before, tuple(streams), since, until, lookback_s, spans, state, Turn())


def write_state(readings: Iterable[Reading], api_key_digest: str) -> dict[str, Any]:
    """The state of readings that were made for one stream, as JSON: what the next sync begins from."""
    return format_state({reading.feed.name: reading.state.now for reading in readings}, api_key_digest)


def first_failure(readings: Iterable[Reading]) -> Failure | None:
    """Why not all was read; None if none of the readings failed."""
    return next((failure for reading in readings if (failure := reading.turn.failure)), None)


def _unexpected(feed: Feed, error: Exception) -> Failure:
    return MailjetError(
        f"Reading Mailjet's '{feed.resource.path}' failed in a way that is not expected ({type(error).__name__}): "
        "start the sync again, and report it with this line if it stays."
    )
