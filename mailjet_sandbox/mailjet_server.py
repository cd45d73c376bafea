"""Mailjet's REST API over a made-up account: credentials, rate limit, status codes and headers."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailjet_sandbox import callback_api
from mailjet_sandbox.account import Account
from mailjet_sandbox.callback_urls import CallbackUrls
from mailjet_sandbox.listing import Listings
from mailjet_sandbox.query import Query, RefusedError
from mailjet_sandbox.rows import Row
from mailjet_sandbox.switches import Switches

ROOT = "/v3/REST/"
_WRONG_KEY = (
    "API key authentication/authorization failure. You may be unauthorized to access the API or your API key may be "
    "expired. Visit API keys management section to check your keys."
)


class MailjetServer:
    """`app` serves the account as it is at `now()`; `switches` may be changed while it does."""

    def __init__(
        self, account: Account, api_key: str, api_key_secret: str, now: Callable[[], datetime], switches: Switches
    ) -> None:
        self.switches = switches
        self.callback_urls = CallbackUrls()
        """Where webhooks go."""
        self.app = Starlette(routes=[Route(ROOT + "{path:path}", self._answer, methods=callback_api.METHODS)])
        self._authorization = "Basic " + base64.b64encode(f"{api_key}:{api_key_secret}".encode()).decode()
        self._now, self._account, self._listings = now, account, Listings()
        self._served: deque[float] = deque()

    async def _answer(self, request: Request) -> Response:
        if self.switches.latency_s:
            await asyncio.sleep(self.switches.latency_s)
        now = self._now()
        shown = now + timedelta(seconds=self.switches.date_ahead_s)
        headers = {"date": format_datetime(shown.replace(microsecond=0), usegmt=True)}
        try:
            status, body = self._reply(request, await request.body(), now)
        except RefusedError as refused:
            status = refused.status
            body = {"ErrorInfo": "", "ErrorMessage": refused.message, "StatusCode": status}
            if status == 429 and self.switches.retry_after is not None:
                headers["retry-after"] = self.switches.retry_after
        return Response(b"" if body is None else orjson.dumps(body), status, headers, "application/json")

    def _reply(self, request: Request, content: bytes, now: datetime) -> tuple[int, Row | None]:
        if request.headers.get("authorization") != self._authorization:
            raise RefusedError(401, _WRONG_KEY)
        if self._too_many(time.monotonic()):
            raise RefusedError(429, "Too many requests")
        view = self._account.at(int(now.timestamp()))
        path, parameters = request.path_params["path"].strip("/"), dict(request.query_params)
        name, _, identity = path.partition("/")
        if name == callback_api.NAME:
            query = Query(view, parameters, self.switches, single=bool(identity))
            return callback_api.answer(request.method, identity, content, query, self.callback_urls)
        if request.method != "GET":
            raise RefusedError(405, "Method not allowed")
        return 200, self._listings.envelope(path, parameters, view, self.switches)

    def _too_many(self, at: float) -> bool:
        """Whether this request is above the limit of the last second; one that is does not count."""
        limit = self.switches.max_requests_per_second
        while self._served and self._served[0] <= at - 1:
            self._served.popleft()
        if limit is not None and len(self._served) >= limit:
            return True
        self._served.append(at)
        return False
