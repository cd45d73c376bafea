"""A receiver of webhooks that keeps what it gets and answers as it is told, on a free port of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from mailjet_sandbox.serving import Receive, Scope, Send, serving


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def items(self) -> list[dict[str, Any]]:
        """What the post holds: an array, or the one item that it is."""
        content = json.loads(self.body)
        return content if isinstance(content, list) else [content]


class Receiver:
    """`answers` are the statuses of the next posts, and 200 from then on; a redirect leads to `/elsewhere`."""

    origin = ""

    def __init__(self) -> None:
        self.posts: list[Received] = []
        self.answers: list[int] = []

    @property
    def items(self) -> list[dict[str, Any]]:
        """Of all posts, in order of arrival."""
        return [item for post in self.posts for item in post.items]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.posts.append(Received(request.url.path, dict(request.headers), await request.body()))
        status = self.answers.pop(0) if self.answers else 200
        await Response(status_code=status, headers={"location": "/elsewhere"} if 300 <= status < 400 else {})(
            scope, receive, send
        )


@contextmanager
def receiving(count: int = 1) -> Iterator[Sequence[Receiver]]:
    """So many receivers, which listen until the context ends."""
    receivers = [Receiver() for _ in range(count)]
    with serving(receivers) as origins:
        for receiver, origin in zip(receivers, origins, strict=True):
            receiver.origin = origin
        yield receivers
