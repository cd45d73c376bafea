"""ASGI applications on sockets, by uvicorn: without its signal handlers, its log and its notes about itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from uvicorn import Config, Server

from mailjet_collector.answer import App
from mailjet_collector.patience import Patience
from mailjet_collector.protocol import DeadlineProtocol, cut_off_late_ones
from program.failure import MachineError

BACKLOG = 1_024
IDLE_S = 75
"""How long a connection may wait between two requests: longer than proxies keep theirs, so that they end it first."""


class Serving:
    """An application on a socket, from now on until `end`; for a running event loop."""

    def __init__(self, app: App, listener: socket.socket, patience: Patience, graceful_s: int) -> None:
        """`graceful_s`: how long requests that are under way may take at the end."""
        self._server = _QuietServer(_config(app, patience, graceful_s))
        self._served = asyncio.create_task(self._server.serve([listener]))
        self._guard = asyncio.create_task(cut_off_late_ones(self._server.server_state.connections))

    async def end(self) -> None:
        """Listens no more, and waits for the requests that are under way."""
        self._server.should_exit = True
        await self._served
        self._guard.cancel()


class _QuietServer(Server):
    """uvicorn's server without its signal handlers."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: App, patience: Patience, graceful_s: int) -> Config:
    http = partial(DeadlineProtocol, patience)
    options: dict[str, Any] = {"http": http, "loop": "none", "lifespan": "off", "ws": "none"}
    quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False, "server_header": False}
    return Config(
        app,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=graceful_s,
        backlog=BACKLOG,
        proxy_headers=False,
        **options,
        **quiet,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises `MachineError` if the place is taken or does not exist."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise MachineError(f"{host} cannot be listened on at port {port} ({error.strerror}): give another.") from None
    return listener
