"""Answers to posts, as ASGI sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RETRY_AFTER_S = 30
"""Mailjet sends a post again after that time anyway."""

Header = tuple[bytes, bytes]


class Answer(NamedTuple):
    """A status, a sentence, and further headers."""

    status: int
    sentence: str
    headers: tuple[Header, ...] = ()

    async def send(self, send: Send) -> None:
        body = f"{self.sentence}\n".encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": [*headers, *self.headers]})
        await send({"type": "http.response.body", "body": body})


RETRY_AFTER: Header = (b"retry-after", str(RETRY_AFTER_S).encode())
CHALLENGE = 'Basic realm="mailjet-segment"'
UNAUTHORIZED = Answer(401, "The credentials are wrong.", ((b"www-authenticate", CHALLENGE.encode()),))
