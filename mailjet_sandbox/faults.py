"""Faults as rows: which requests are met by one, and what happens to them. Nothing here knows what is served.

Fault("message", status(429, retry_after="2"), nth=3)
Fault("batch", after(status(500)), times=None)
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from mailjet_sandbox.exchange import Answer, Exchange
from mailjet_sandbox.serving import App, Receive, Scope, Send

Action = Callable[[Exchange], Awaitable[None]]
"""What a fault does to an exchange that it meets."""


@dataclass(frozen=True)
class Fault:
    """A row of the table: the requests from the `nth` matching one (1 is the first) on, `times` of them, get `action`.

    `path` is whole segments after the API's root, so `message` is `message` and `message/12`, not `messagehistory`;
    empty is every path. `query` are parameters that the request must have. `times=None` is for ever. Where several rows
    meet one request each of them counts it, and the first acts.
    """

    path: str
    action: Action
    nth: int = 1
    times: int | None = 1
    query: Mapping[str, str] = field(default_factory=dict)

    def matches(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether a request is of the kind that this row is about."""
        of_path = self.path == "" or path == self.path or path.startswith(f"{self.path}/")
        return of_path and all(query.get(name) == value for name, value in self.query.items())

    def meets(self, seen: int) -> bool:
        """Whether the row acts on the matching request number `seen`."""
        return self.nth <= seen and (self.times is None or seen < self.nth + self.times)


class FaultMiddleware:
    """An ASGI app that lets the faults of a table happen to the requests of another; the table may change meanwhile."""

    def __init__(self, app: App, faults: Sequence[Fault], root: str) -> None:
        self._app, self._root = app, root.strip("/") + "/"
        self._rows: list[tuple[Fault, list[int]]] = []
        self.replace(faults)

    def replace(self, faults: Sequence[Fault]) -> None:
        """Another table, with its counts at nought."""
        self._rows = [(fault, [0]) for fault in faults]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(self._app, scope, receive, send)
        action = self._action(scope)
        await (action(exchange) if action else exchange.pass_on())

    def _action(self, scope: Scope) -> Action | None:
        path = scope["path"].strip("/").removeprefix(self._root)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        acting = None
        for fault, seen in self._rows:
            if fault.matches(path, query):
                seen[0] += 1
                if acting is None and fault.meets(seen[0]):
                    acting = fault.action
        return acting


def status(
    code: int, body: Any = "", headers: Mapping[str, str] | None = None, retry_after: str | None = None
) -> Action:
    """Answers `code` without asking the app; `body` is text as it is, anything else as JSON."""
    kind = "text/html" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body)
    wait = {} if retry_after is None else {"retry-after": retry_after}
    answer = Answer(code, text.encode(), {"content-type": kind, **wait, **(headers or {})})
    return lambda exchange: exchange.send(answer)


def throttled_until(wait_s: float) -> Action:
    """A 429 whose `Retry-After` is a date `wait_s` from when it is sent, in whole seconds as HTTP has them."""

    async def act(exchange: Exchange) -> None:
        until = datetime.now(timezone.utc) + timedelta(seconds=wait_s)
        await status(429, retry_after=format_datetime(until, usegmt=True))(exchange)

    return act


def calling(act: Callable[[], object], then: Action | None = None) -> Action:
    """Calls a function, which may move a clock or kill a process; then answers rightly, or does `then`."""

    async def call(exchange: Exchange) -> None:
        act()
        await (then(exchange) if then else exchange.pass_on())

    return call


def if_body(test: Callable[[bytes], bool], action: Action) -> Action:
    """Does `action` to requests whose body passes the test, and lets the others be answered rightly."""

    async def act(exchange: Exchange) -> None:
        if test(await exchange.body()):
            await action(exchange)
        else:
            await exchange.send(await exchange.handle())

    return act


def after(action: Action) -> Action:
    """Lets the app do its work first, keeps its answer back, and then does `action`."""

    async def act(exchange: Exchange) -> None:
        await exchange.handle()
        await action(exchange)

    return act


def reset() -> Action:
    """Cuts the connection before any byte of an answer."""
    return lambda exchange: exchange.reset()


def reset_midway() -> Action:
    """Cuts the connection after half of the answer's body."""

    async def act(exchange: Exchange) -> None:
        await exchange.reset(after=await exchange.handle())

    return act


def delay(seconds: float) -> Action:
    """Answers rightly, later."""

    async def act(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.pass_on()

    return act


def trickle(parts: int, pause_s: float) -> Action:
    """Answers rightly, in pieces with pauses."""

    async def act(exchange: Exchange) -> None:
        await exchange.trickle(await exchange.handle(), parts, pause_s)

    return act


def body(change: Callable[[bytes], bytes]) -> Action:
    """Sends the right answer with its body changed."""

    async def act(exchange: Exchange) -> None:
        answer = await exchange.handle()
        await exchange.send(answer.with_body(change(answer.body)))

    return act


def cut_off() -> Action:
    """Status 200, and JSON that stops in the middle; to HTTP the response is whole."""
    return body(lambda whole: whole[: len(whole) // 2])


def empty_body() -> Action:
    """The right status and nothing else."""
    return body(lambda whole: b"")


def html_page(code: int = 200) -> Action:
    """A page as proxies make them, with the status of success by default."""
    return status(code, "<html><body><h1>Service temporarily unavailable</h1></body></html>")


def json_body(change: Callable[[dict[str, Any]], Any]) -> Action:
    """Sends the right answer with the object in its body changed."""
    return body(lambda whole: json.dumps(change(json.loads(whole))).encode())


def data_missing() -> Action:
    """An envelope without `Data`."""
    return json_body(lambda envelope: {name: value for name, value in envelope.items() if name != "Data"})


def data_instead(value: Any) -> Action:
    """An envelope whose `Data` is `value`: null, an object, a text."""
    return json_body(lambda envelope: {**envelope, "Data": value})


def only_rows(keep: Callable[[Mapping[str, Any]], bool]) -> Action:
    """A page with those of its rows alone that pass the test, and counted as if there were no others."""

    def change(envelope: dict[str, Any]) -> dict[str, Any]:
        kept = [row for row in envelope["Data"] if keep(row)]
        return {"Count": len(kept), "Data": kept, "Total": len(kept)}

    return json_body(change)


def row_without(*names: str) -> Action:
    """A page whose first row lacks the fields `names`."""

    def change(envelope: dict[str, Any]) -> dict[str, Any]:
        rows = envelope["Data"]
        lacking = [{name: value for name, value in row.items() if name not in names} for row in rows[:1]]
        return {**envelope, "Data": lacking + rows[1:]}

    return json_body(change)


def row_with(**fields: Any) -> Action:
    """A page whose first row has other values in those of the `fields` that it has."""

    def change(envelope: dict[str, Any]) -> dict[str, Any]:
        rows = envelope["Data"]
        changed = [{name: fields.get(name, value) for name, value in row.items()} for row in rows[:1]]
        return {**envelope, "Data": changed + rows[1:]}

    return json_body(change)


def first_rows(rows: int, claimed: int | None = None) -> Action:
    """A page that ends after `rows` rows; its `Count` is right for them, or `claimed`."""

    def change(envelope: dict[str, Any]) -> dict[str, Any]:
        page = envelope["Data"][:rows]
        return {"Count": len(page) if claimed is None else claimed, "Data": page, "Total": len(page)}

    return json_body(change)


def counted_as(count: int) -> Action:
    """Whatever was listed or counted, with another `Count`."""
    return json_body(lambda envelope: {**envelope, "Count": count, "Total": count})


def asked_as(**query: str) -> Action:
    """Answers as if the request's parameters were others: `Offset="0"` repeats a page, `Limit="10"` gives ten rows."""

    async def act(exchange: Exchange) -> None:
        await exchange.send(await exchange.handle(query))

    return act


def repeated_page() -> Action:
    """The first page, whatever the `Offset`."""
    return asked_as(Offset="0")


def shifted(rows: int) -> Action:
    """Pages after the first as if `rows` rows before them had gone; fewer than 0: as if so many had been added."""

    async def act(exchange: Exchange) -> None:
        offset = int(exchange.query.get("Offset", "0"))
        await exchange.send(await exchange.handle({"Offset": str(offset + rows)} if offset else None))

    return act


def ten_rows() -> Action:
    """At most ten rows, whatever the `Limit`."""
    return asked_as(Limit="10")


def echoed_credentials(code: int = 500) -> Action:
    """An error whose body quotes the request's credentials, as they came and decoded."""

    async def act(exchange: Exchange) -> None:
        given = exchange.header("authorization")
        message = f"cannot serve {given} ({_decoded(given)})"
        text = json.dumps({"ErrorInfo": "", "ErrorMessage": message, "StatusCode": code})
        await exchange.send(Answer(code, text.encode(), {"content-type": "application/json"}))

    return act


def _decoded(authorization: str) -> str:
    try:
        return base64.b64decode(authorization.removeprefix("Basic ")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
