"""What a server was asked, and what each client got."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from mailjet_sandbox.serving import App, Receive, Scope, Send


class Request(NamedTuple):
    """One request; `status` is 0 while it is not answered, or where the connection was cut before an answer began."""

    method: str
    path: str
    query: dict[str, str]
    status: int


class RequestLog:
    """An ASGI app that passes requests on to another and keeps a line of each, in the order of their arrival.

    A line is complete before its client has the answer: whoever was answered finds the request here.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._lines: list[list[Request]] = []

    @property
    def requests(self) -> list[Request]:
        """All requests since the last `clear`."""
        return [line[0] for line in self._lines]

    def clear(self) -> None:
        """Forgets them."""
        self._lines.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        line = [Request(scope["method"], scope["path"], query, 0)]
        self._lines.append(line)

        async def noting(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                line[0] = line[0]._replace(status=message["status"])
            await send(message)

        await self._app(scope, receive, noting)
