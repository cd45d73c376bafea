"""The queue between the workers and the thread that prints. When nobody prints any more, it lets the workers go.

The CDK's workers put into a bounded queue. When its reader has gone (stdout is closed, or a sync is given up), they
would wait for ever, and the process with them. Delete it when `ConcurrentSource` ends its workers itself
(test_source_process and test_crashes pin it).
"""

from __future__ import annotations

import threading
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")
LOOK_S = 0.5


class StoppableQueue(Queue[T]):
    """A bounded queue. After `stop`, it drops every item that is put into it, and nobody waits."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Lets everybody go."""
        self._stopped.set()

    def put(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        """As `Queue.put`, until `stop`."""
        while not self._stopped.is_set():
            try:
                super().put(item, block, LOOK_S if timeout is None else timeout)
            except Full:
                if not block or timeout is not None:
                    raise
            else:
                return
