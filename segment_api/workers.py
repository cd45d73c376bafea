"""Threads that send batches to Segment and report their outcomes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from segment_api.bisection import Settlement, settle_batch
from segment_api.outcome import Outcome
from segment_api.packer import Batch, Body

Send = Callable[[Body, Callable[[str], None]], Outcome]
"""Sends a body until the outcome is final; the second argument hears why it waits."""


@dataclass(frozen=True)
class Settled:
    """A worker is done with a batch."""

    batch: Batch
    settlement: Settlement


@dataclass(frozen=True)
class Waits:
    """A worker waits before it tries its batch again."""

    batch: Batch
    reason: str


@dataclass(frozen=True)
class Crashed:
    """A worker met an error that nobody foresaw, and is gone."""

    error: Exception


WorkerEvent = Settled | Waits | Crashed


class Workers:
    """`count` threads, each with its own connection. They are daemons: the process does not wait for them."""

    def __init__(
        self, count: int, connect: Callable[[], Send], post: Callable[[WorkerEvent], None], *, skips: bool
    ) -> None:
        self.count = count
        self._connect, self._post, self._skips = connect, post, skips
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"segment-{number}", daemon=True).start()

    def submit(self, batch: Batch) -> None:
        """Has a batch sent as soon as a worker is free."""
        self._batches.put(batch)

    def close(self) -> None:
        """Lets the workers go when they are done."""
        for _ in range(self.count):
            self._batches.put(None)

    def _work(self) -> None:
        try:
            send = self._connect()
            while batch := self._batches.get():
                send_body = partial(self._send, send, batch)
                self._post(Settled(batch, settle_batch(batch, send_body, go_on=self._skips)))
        except Exception as error:
            self._post(Crashed(error))

    def _send(self, send: Send, batch: Batch, body: Body) -> Outcome:
        return send(body, lambda reason: self._post(Waits(batch, reason)))
