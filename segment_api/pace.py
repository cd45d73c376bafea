"""One budget of requests for all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Pace:
    """Hands out moments to send at, at most so many a second, and none while Segment asked for silence."""

    def __init__(self, max_requests_per_second: float, clock: Callable[[], float]) -> None:
        self._step_s = 1 / max_requests_per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock()

    def wait_s(self) -> float:
        """Takes the next moment; how long it is until then."""
        with self._lock:
            now = self._clock()
            moment = max(now, self._next)
            self._next = moment + self._step_s
            return moment - now

    def hold(self, wait_s: float) -> None:
        """Nobody sends for so long: a limit that one worker met is the limit of all."""
        with self._lock:
            self._next = max(self._next, self._clock() + wait_s)
