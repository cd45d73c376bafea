"""One budget of requests for all streams of a sync: so many a second, and none while Mailjet says to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Budget:
    """Hands out turns, evenly apart, to any number of threads; `clock` and `sleep` are given so that tests need no
    time.
    """

    def __init__(self, per_second: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._gap_s = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_turn_s = clock()
        self.waited_s = 0.0

    def take(self) -> None:
        """Waits for the next turn."""
        with self._lock:
            now_s = self._clock()
            turn_s = max(now_s, self._next_turn_s)
            self._next_turn_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._sleep(turn_s - now_s)

    def pause(self, wait_s: float) -> None:
        """Lets nobody have a turn for `wait_s` seconds from now: the limit is the key's, not the request's."""
        with self._lock:
            until_s = self._clock() + wait_s
            if until_s > self._next_turn_s:
                self.waited_s += until_s - max(self._next_turn_s, self._clock())
                self._next_turn_s = until_s
