"""A mailbox: workers and signal handlers leave events in it for the one thread that decides."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

Event = TypeVar("Event")


class Mailbox(Generic[Event]):
    """A queue with a file descriptor to wait on, so that one wait serves it and the input alike.

    `post` may be called from any thread and from a signal handler: it takes no lock.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def fileno(self) -> int:
        """A descriptor that is readable if there may be an event."""
        return self._read_end

    def post(self, event: Event) -> None:
        """Leaves an event and wakes the thread that waits."""
        self._events.append(event)
        with suppress(BlockingIOError):
            os.write(self._write_end, b"\0")

    def close(self) -> None:
        """Gives the descriptors back, once nobody posts any more."""
        os.close(self._read_end)
        os.close(self._write_end)

    def take(self) -> list[Event]:
        """All events there are, in order."""
        with suppress(BlockingIOError):
            os.read(self._read_end, 65_536)
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events
