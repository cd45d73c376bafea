"""`GET /events/<account>`: the account's rows after a position, for the Airbyte source and other readers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from event_store.errors import BadPosition, GonePosition, StoreError
from event_store.store import Store
from event_store.values import Page
from mailjet_collector.answer import CHALLENGE, RETRY_AFTER_S, UNAUTHORIZED
from mailjet_collector.credential import NOBODY, Credential
from segment_events.kinds import KIND_BY_STREAM

USUAL_LIMIT, LARGEST_LIMIT = 1_000, 5_000
AT_ONCE = 4
"""Reads at once: each takes a connection to the store, which posts need too."""


class _Refused(Exception):
    """A parameter is wrong; the text is the sentence."""


def reader_route(store: Store, credentials: Mapping[str, Credential]) -> Route:
    """The address of readers; `credentials` are the accounts' API keys."""
    places = asyncio.Semaphore(AT_ONCE)

    async def read(request: Request) -> Response:
        account = request.path_params["account"]
        given = request.headers.get("authorization", "").encode("latin-1")
        if not credentials.get(account, NOBODY).fits(given):
            return PlainTextResponse(f"{UNAUTHORIZED.sentence}\n", 401, {"WWW-Authenticate": CHALLENGE})
        try:
            limit, stream = _limit(request), _stream(request)
            async with places:
                page = await run_in_threadpool(store.read, account, request.query_params.get("after"), limit, stream)
        except (_Refused, BadPosition) as error:
            return PlainTextResponse(f"{error}\n", 400)
        except GonePosition as error:
            return PlainTextResponse(f"{error}\n", 410)
        except StoreError:
            return PlainTextResponse(
                "The store cannot be read now. Ask again.\n", 503, {"Retry-After": str(RETRY_AFTER_S)}
            )
        return Response(_encode(page), media_type="application/json")

    return Route("/events/{account}", read, methods=["GET"])


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL_LIMIT))
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= LARGEST_LIMIT:
        return int(text)
    raise _Refused(f"limit must be a whole number from 1 to {LARGEST_LIMIT}.")


def _stream(request: Request) -> str | None:
    stream = request.query_params.get("stream")
    if stream is None or stream in KIND_BY_STREAM:
        return stream
    raise _Refused(f"stream must be one of {', '.join(KIND_BY_STREAM)}.")


def _encode(page: Page) -> bytes:
    rows = [{"stream": entry.stream, "row": orjson.Fragment(entry.text)} for entry in page.rows]
    return orjson.dumps({"rows": rows, "after": page.after, "more": page.more})
