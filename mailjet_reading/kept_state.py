"""The state of a reading while its parts are read: a `FeedState` that many threads replace, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from mailjet_reading.state import FeedState
from mailjet_rest.windows import Span


class KeptState:
    """Begins as `state` and takes in the parts that were read."""

    def __init__(self, state: FeedState, lookback_s: int) -> None:
        self._state = state
        self._lookback_s = lookback_s
        self._lock = threading.Lock()

    @property
    def now(self) -> FeedState:
        """The state as of the parts that were read to their end, and of the batches that were saved."""
        with self._lock:
            return self._state

    def learn(self, recent: Mapping[int, int], lesson: object) -> None:
        """Takes in the lesson of a part so far. All of its events must be on their way to be printed."""
        with self._lock:
            self._state = self._state.learn(recent, lesson)

    def cover(self, spans: Sequence[Span], recent: Mapping[int, int], lesson: object) -> None:
        """Takes in a part that was read to its end, and the windows that it covers."""
        with self._lock:
            self._state = self._state.learn(recent, lesson).cover(spans, self._lookback_s)
