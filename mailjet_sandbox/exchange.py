"""One HTTP exchange in the hands of a fault: what was asked, what the app would answer, and what to send instead."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mailjet_sandbox.serving import RESET, App, Receive, Scope, Send


@dataclass(frozen=True)
class Answer:
    """A whole HTTP response; `Content-Length` is made from the body when it is sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_body(self, body: bytes) -> Answer:
        """The same status and headers with another body."""
        return replace(self, body=body)


class Exchange:
    """A request that was received and not yet answered."""

    def __init__(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._body: bytes | None = None

    def header(self, name: str) -> str:
        """A request header's value, empty if there is none; `name` in lower case."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self._scope["headers"] if key == wanted), "")

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the request."""
        return dict(parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True))

    async def body(self) -> bytes:
        """The whole body of the request."""
        if self._body is None:
            parts, more = [], True
            while more:
                message = await self._receive()
                parts.append(message.get("body", b""))
                more = message.get("more_body", False)
            self._body = b"".join(parts)
        return self._body

    async def handle(self, query: Mapping[str, str] | None = None) -> Answer:
        """What the app answers to the request; `query` replaces parameters of it first."""
        sent: list[MutableMapping[str, Any]] = []
        body = await self.body()

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._app(self._scope_with(query or {}), receive, keep)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in sent[0].get("headers", [])}
        return Answer(sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:]), headers)

    async def pass_on(self) -> None:
        """Lets the app answer as if there were no fault."""
        await self._app(self._scope, self._receive, self._send)

    async def send(self, answer: Answer) -> None:
        """Sends a whole answer."""
        await self._start(answer)
        await self._send({"type": "http.response.body", "body": answer.body})

    async def trickle(self, answer: Answer, parts: int, pause_s: float) -> None:
        """Sends an answer in `parts` pieces with a pause before each."""
        await self._start(answer)
        size = max(1, -(-len(answer.body) // parts))
        for at in range(0, len(answer.body), size):
            await asyncio.sleep(pause_s)
            await self._send({"type": "http.response.body", "body": answer.body[at : at + size], "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def reset(self, after: Answer | None = None) -> None:
        """Cuts the connection with a TCP reset: before any byte, or after half of the body of `after`."""
        if after is not None:
            await self._start(after)
            half = after.body[: len(after.body) // 2]
            await self._send({"type": "http.response.body", "body": half, "more_body": True})
            await asyncio.sleep(0.02)
        self._scope["extensions"][RESET]()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _start(self, answer: Answer) -> None:
        await self.body()
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        raw = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": raw})

    def _scope_with(self, query: Mapping[str, str]) -> Scope:
        if not query:
            return self._scope
        return {**self._scope, "query_string": urlencode({**self.query, **query}).encode("latin-1")}
