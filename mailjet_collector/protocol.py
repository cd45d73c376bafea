"""HTTP with deadlines: a client that sends a request too slowly, or too much of it, is cut off.

uvicorn has a deadline for connections that wait between requests, and none for a request that is on its way
(uvicorn 0.54). Delete this when it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mailjet_collector.patience import Patience

LARGEST_HEADERS = 64 << 10
LARGEST_REQUEST = 32 << 20
"""Bytes. A request that was refused is read on up to this size, so that the client reads the answer."""

LOOK_EVERY_S = 0.5


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which notes until when the rest of a request must have come."""

    def __init__(self, patience: Patience, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience, self._size = patience, 0
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        if self.due_at == inf:
            self._expect_headers()
        self._size += len(data)
        super().data_received(data)
        if self._size > (LARGEST_HEADERS if self._in_headers and self.due_at != inf else LARGEST_REQUEST):
            self.cut()

    def on_message_begin(self) -> None:
        self._expect_headers()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self.due_at = self.loop.time() + self._patience.body_s + self._patience.cut_s
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.due_at = inf
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.due_at = inf
        super().connection_lost(exc)

    def cut(self) -> None:
        """Ends the connection at once."""
        self.transport.abort()

    def _expect_headers(self) -> None:
        self._in_headers, self._size = True, 0
        self.due_at = self.loop.time() + self._patience.headers_s


async def cut_off_late_ones(connections: Iterable[Any]) -> None:
    """Ends connections with an overdue request, until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = loop.time()
        for connection in list(connections):
            if connection.due_at < now:
                connection.cut()
