"""A Segment tracking API that behaves as Segment does: it says 200 to nearly everything and drops in silence.

Limits and silent drops are those of Segment's documentation, "HTTP API Source" and "Batch"; where it says nothing (a
message id that is too long, a time that cannot be read) the stand-in drops too, so that no test can pass by luck.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailjet_sandbox.segment_ledger import SegmentLedger
from segment_events.instants import format_instant, parse_instant

MAX_BATCH_BYTES = 500_000
MAX_BATCH_CALLS = 2_500
MAX_CALL_BYTES = 32_768
MAX_MESSAGE_ID_CHARACTERS = 99

DEMO_WRITE_KEY = "sandbox0segment0write0key"

Clock = Callable[[], datetime]
_Call = Mapping[str, Any]


def segment_app(
    ledger: SegmentLedger,
    *,
    write_keys: Collection[str] = (DEMO_WRITE_KEY,),
    now: Clock = lambda: datetime.now(timezone.utc),
) -> Starlette:
    """`POST /v1/batch` over `ledger`; calls under any other key than `write_keys` get 200 and are dropped."""

    async def batch(request: Request) -> Response:
        body = await request.body()
        ledger.note_request()
        status, answer = take_batch(ledger, body, request.headers.get("authorization"), write_keys, now())
        ledger.note_answer(status)
        return JSONResponse(answer, status)

    return Starlette(routes=[Route("/v1/batch", batch, methods=["POST"])])


def take_batch(
    ledger: SegmentLedger, body: bytes, authorization: str | None, write_keys: Collection[str], received_at: datetime
) -> tuple[int, dict[str, Any]]:
    """Book one request body; the status and the JSON that Segment answers with."""
    if len(body) > MAX_BATCH_BYTES:
        return 400, _refusal("request body too large")
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 400, _refusal("malformed JSON")
    calls = payload.get("batch") if isinstance(payload, dict) else None
    if not isinstance(calls, list):
        return 400, _refusal("batch is not a list")
    write_key = _basic_user(authorization) or payload.get("writeKey")
    if write_key not in write_keys:
        ledger.note_dropped("unknown write key", len(calls))
    elif len(calls) > MAX_BATCH_CALLS:
        ledger.note_dropped("more than 2500 calls in the batch", len(calls))
    else:
        ledger.accept(write_key, list(_take_calls(ledger, calls, payload, received_at)))
    return 200, {"success": True}


def _refusal(message: str) -> dict[str, Any]:
    return {"success": False, "message": message}


def _basic_user(authorization: str | None) -> str | None:
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _take_calls(ledger: SegmentLedger, calls: list[Any], payload: _Call, received_at: datetime) -> Iterator[_Call]:
    """The calls that Segment does not drop, with the id and the time that it gives to those that have none."""
    batch_sent_at = payload.get("sentAt")
    for call in calls:
        reason = drop_reason(call)
        if reason:
            ledger.note_dropped(reason)
            continue
        if not call.get("messageId"):
            call["messageId"] = f"api-{uuid.uuid4()}"
        sent_at = call.get("sentAt") or batch_sent_at
        if sent_at or call.get("timestamp") is None:
            call["timestamp"] = corrected_timestamp(call.get("timestamp"), sent_at, received_at)
        yield call


def drop_reason(call: Any) -> str | None:
    """Why Segment drops this call of a batch without a word; None where it takes it."""
    if not isinstance(call, dict):
        return "not an object"
    get = call.get
    if _is_not_text(get("type")):
        return "no type"
    if call["type"] == "track" and _is_not_text(get("event")):
        return "no event name"
    if _is_not_text(get("userId")) and _is_not_text(get("anonymousId")):
        return "no identity"
    if len(str(get("messageId") or "")) > MAX_MESSAGE_ID_CHARACTERS:
        return "message id too long"
    if _is_unreadable(get("timestamp")) or _is_unreadable(get("sentAt")):
        return "unreadable time"
    return "more than 32 KB" if _weight(call) > MAX_CALL_BYTES else None


def _weight(call: _Call) -> int:
    """Bytes of a call as compact JSON in UTF-8; orjson writes 254 levels and integers of 64 bits at most."""
    try:
        return len(orjson.dumps(call))
    except orjson.JSONEncodeError:
        return len(json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode())


def _is_not_text(value: Any) -> bool:
    return not isinstance(value, str) or not value.strip()


def _is_unreadable(value: Any) -> bool:
    if value is None:
        return False
    text = str(value)
    try:
        if _USUAL_INSTANT.fullmatch(text):
            datetime.fromisoformat(text[:-1])
        else:
            parse_instant(text)
    except ValueError:
        return True
    return False


_USUAL_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
"""The form that is not worth `parse_instant`, which takes ten times as long."""


def corrected_timestamp(timestamp: str | None, sent_at: str | None, received_at: datetime) -> str:
    """The time that Segment files a call under: `receivedAt - (sentAt - timestamp)` where `sentAt` was sent."""
    if timestamp is None:
        return format_instant(received_at)
    if sent_at is None:
        return timestamp
    return format_instant(received_at - (parse_instant(sent_at) - parse_instant(timestamp)))
