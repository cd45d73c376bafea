"""Whether this collector can store: load balancers send it posts only while it can."""

from __future__ import annotations

import asyncio
import time

from event_store.errors import StoreError
from event_store.store import Store

REMEMBERED_S = 1.0
"""How long an answer holds: frequent requests must not keep the store busy."""

ANSWER_S = 5.0


class Readiness:
    """`drain` ends it for good."""

    def __init__(self, store: Store) -> None:
        self._store, self._is_draining = store, False
        self._began_at = 0.0
        self._request: asyncio.Task[str | None] | None = None

    def drain(self) -> None:
        """From now on the answer is no: the process ends soon."""
        self._is_draining = True

    async def reason_against(self) -> str | None:
        """Why nothing can be stored, or None if it can."""
        if self._is_draining:
            return "This collector is about to end."
        if self._request is None or (self._request.done() and time.monotonic() - self._began_at > REMEMBERED_S):
            self._began_at, self._request = time.monotonic(), asyncio.create_task(self._ask())
        try:
            return await asyncio.wait_for(asyncio.shield(self._request), ANSWER_S)
        except TimeoutError:
            return "The store does not answer."

    async def _ask(self) -> str | None:
        try:
            await asyncio.to_thread(self._store.ping)
        except StoreError as error:
            return error.sentence
        return None
