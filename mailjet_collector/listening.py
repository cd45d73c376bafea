"""ASGI applications on sockets, by uvicorn: without its signal handlers, its log and its notes about itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from uvicorn import Config, Server

from mailjet_collector.answer import App
from mailjet_collector.patience import Patience
from mailjet_collector.protocol import DeadlineProtocol
from program.failure import MachineError

BACKLOG = 1_024
IDLE_S = 75
"""How long a connection may wait between two requests: longer than proxies keep theirs, so that they end it first."""


class QuietServer(Server):
    """A server that whoever runs it stops, by `should_exit`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: App, patience: Patience, graceful_s: int) -> QuietServer:
    """`graceful_s`: how long requests that are under way may take once the server is to end."""
    options: dict[str, Any] = {
        "http": partial(DeadlineProtocol, patience),
        "loop": "none",
        "lifespan": "off",
        "ws": "none",
    }
    quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False, "server_header": False}
    config = Config(
        app,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=graceful_s,
        backlog=BACKLOG,
        proxy_headers=False,
        **options,
        **quiet,
    )
    return QuietServer(config)


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
