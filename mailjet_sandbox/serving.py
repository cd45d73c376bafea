"""ASGI applications on free ports of this machine, served by uvicorn in one background thread.

Starting and stopping take milliseconds, so that every test can have servers of its own.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from starlette.requests import ClientDisconnect
from uvicorn import Config, Server

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RESET = "mailjet_sandbox.reset"
"""Key in a scope's `extensions`: a function that cuts the client's connection with a TCP reset."""

_LINGER_0 = struct.pack("ii", 1, 0)


@contextmanager
def serving(apps: Sequence[App], ports: Sequence[int] | None = None, host: str = "127.0.0.1") -> Iterator[list[str]]:
    """Serves each app until the context ends; yields their origins, such as `http://127.0.0.1:40123`.

    `ports` are one for each app, 0 (the default) for any free one; raises `OSError` for one that is taken. No response
    gets a `Date` or `Server` header but the app's own.
    """
    sockets = _listen_all(host, ports or [0] * len(apps))
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(apps, sockets, stop),), daemon=True)
    thread.start()
    try:
        yield [f"http://{host_in_url(host)}:{listener.getsockname()[1]}" for listener in sockets]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def host_in_url(host: str) -> str:
    """A host as an URL has it; of one that is every address, the one of this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)


def _listen_all(host: str, ports: Sequence[int]) -> list[socket.socket]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(_listen(host, port)) for port in ports]
        opened.pop_all()
    return sockets


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket that says it is TCP: asyncio turns Nagle's 40 ms off only where the protocol is not 0."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


async def _serve(apps: Sequence[App], sockets: Sequence[socket.socket], stop: asyncio.Event) -> None:
    """`uvicorn.Server.serve` without its ticks of 0.1 s, which would make each stop take longer than most tests."""
    servers = [_server(app) for app in apps]
    for server, listener in zip(servers, sockets, strict=True):
        await server.startup(sockets=[listener])
    await stop.wait()
    connections = [server.server_state.connections for server in servers]
    await stop_accepting(sockets)
    while (unfinished := asyncio.all_tasks() - {asyncio.current_task()}) or any(connections):
        for task in unfinished:
            task.cancel()
        for connection in set().union(*connections):
            connection.transport.abort()
        await asyncio.gather(*unfinished, return_exceptions=True)
        await asyncio.sleep(0)  # an aborted connection is gone in the loop's next round
    for server in servers:
        for endpoint in server.servers:
            endpoint.close()


async def stop_accepting(sockets: Iterable[socket.socket]) -> None:
    """Accepts no further connection; those that were just accepted have their transports when this returns.

    A server of asyncio that is closed before that loses them (Python 3.11 to 3.13).
    """
    for listener in sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    for _ in range(2):  # in the first round each gets its task, in the second its transport
        await asyncio.sleep(0)


def _server(app: App) -> Server:
    async def with_reset(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[RESET] = lambda: _reset(server, scope["client"])
        try:
            await app(scope, receive, send)
        except ClientDisconnect:
            return  # it went away while a fault kept it waiting
        except Exception:
            traceback.print_exc()
            raise

    config = Config(with_reset, http="h11", ws="none", lifespan="off", log_config=None, log_level="critical")
    config.load()
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


def _reset(server: Server, client: Any) -> None:
    """Closes the client's connection so that the kernel answers with RST: no lingering, nothing flushed."""
    connections: list[Any] = list(server.server_state.connections)
    for connection in connections:
        if connection.client == client:
            transport = connection.transport
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            transport.abort()
