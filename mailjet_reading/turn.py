"""How far a reading has come, for all who wait for it: planned, opened, running, ended. Every wait of a sync's threads
for a reading is here.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from program.failure import Failure


class Progress(NamedTuple):
    """How many parts were read, how many are planned, and whether more may be planned yet."""

    read: int
    planned: int
    may_grow: bool


class Turn:
    """The turn of one reading; may be used by many threads.

    Its parts are *opened* when the CDK gets them, *running* while a worker reads them, and *finished* when their events
    and their state are on the queue.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._expected: int | None = None
        self._opened = self._finished = self._running = 0
        self._are_all_open = self._is_ended = False
        self._failure: Failure | None = None

    @property
    def failure(self) -> Failure | None:
        """Why the parts that were not read are left to the next sync; None unless the reading has failed."""
        return self._failure

    @property
    def is_ended(self) -> bool:
        """Whether all parts are finished and the last state is on the queue, or the reading has failed."""
        return self._is_ended

    def progress(self) -> Progress:
        """The figures of the reading for the log."""
        with self._changed:
            may_grow = self._expected is None and not self._are_all_open
            return Progress(self._finished, max(self._opened, self._expected or 0), may_grow)

    def expect(self, parts: int) -> None:
        """Notes how many parts there will be, before any is opened."""
        with self._changed:
            self._expected = parts
            self._changed.notify_all()

    def open(self) -> None:
        """Notes that the CDK gets one more part."""
        with self._changed:
            self._opened += 1

    def open_no_more(self) -> bool:
        """Notes that no part will follow; tells whether all parts are finished already."""
        with self._changed:
            self._are_all_open = True
            return self._opened == self._finished

    def enter(self) -> bool:
        """Notes that a worker begins to read a part; False if the reading has failed, so that the part is not read."""
        with self._changed:
            self._running += self._failure is None
            return self._failure is None

    def finish(self) -> bool:
        """Notes that a part is finished; tells whether it was the last."""
        with self._changed:
            self._finished += 1
            self._changed.notify_all()
            return self._are_all_open and self._opened == self._finished

    def leave(self) -> None:
        """Notes that a worker which entered prints no more."""
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def end(self) -> None:
        """Lets those go on who wait for the end."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def fail(self, failure: Failure) -> Failure:
        """Ends the turn; gives the first failure, if there was one before."""
        with self._changed:
            self._failure = self._failure or failure
            self._is_ended = True
            self._changed.notify_all()
            return self._failure

    def wait_until_planned(self) -> None:
        """Waits until it is known how many parts there will be, or the reading has failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._expected is not None or self._failure is not None)

    def wait_for_parts(self) -> None:
        """Waits until the parts opened so far are finished, or the reading has failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._opened == self._finished or self._failure is not None)

    def wait_until_idle(self) -> None:
        """Waits until no part is running: a stream's last status must come after all that is printed of it."""
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0)

    def wait_for_end(self) -> None:
        """Waits until the turn is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended)
