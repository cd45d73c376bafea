"""One budget of requests for many threads: so many a second, and none while the service asks to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Budget:
    """Hands out turns, evenly apart, to any number of threads; `clock` and `sleep` are given so that tests need no
    time.

    `waits` counts the pauses; one that begins while another lasts makes that one longer.
    """

    def __init__(self, per_second: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._gap_s = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_turn_s = self._paused_until_s = clock()
        self._pauses_s = 0.0
        self.waits = 0

    @property
    def waited_s(self) -> float:
        """How long all pauses together have lasted so far."""
        with self._lock:
            return self._pauses_s - self._remaining_s()

    @property
    def remaining_s(self) -> float:
        """How long the pause that is under way still lasts; 0 if there is none."""
        with self._lock:
            return self._remaining_s()

    def take(self) -> None:
        """Waits for the next turn. If the turn falls into a pause, the caller gets another turn after the pause."""
        while True:
            with self._lock:
                now_s = self._clock()
                turn_s = max(now_s, self._next_turn_s)
                self._next_turn_s = turn_s + self._gap_s
            if turn_s > now_s:
                self._sleep(turn_s - now_s)
            if turn_s >= self._paused_until_s:
                return

    def pause(self, wait_s: float) -> bool:
        """Lets nobody have a turn for `wait_s` seconds from now: the limit is the key's, not the request's.

        Returns whether a pause begins with it.
        """
        with self._lock:
            now_s = self._clock()
            begins = self._remaining_s() == 0
            self.waits += begins
            until_s = now_s + wait_s
            if until_s > self._paused_until_s:
                self._pauses_s += until_s - max(self._paused_until_s, now_s)
                self._paused_until_s = until_s
                self._next_turn_s = max(self._next_turn_s, until_s)
            return begins

    def _remaining_s(self) -> float:
        return max(0.0, self._paused_until_s - self._clock())
