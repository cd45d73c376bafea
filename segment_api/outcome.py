"""The meaning of an answer of Segment: accepted, try later, malformed, or hopeless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from program.retry_after import parse_rate_limit_reset, parse_retry_after


@dataclass(frozen=True)
class Accepted:
    """Segment has the calls."""


@dataclass(frozen=True)
class TryLater:
    """The same request may succeed later; `wait_s` is the wait that Segment asked for, if any."""

    reason: str
    wait_s: float | None = None


@dataclass(frozen=True)
class Malformed:
    """Something inside the request will never be taken."""

    reason: str
    in_json: bool = True
    """Whether the answer was JSON, as Segment's own are."""
    too_large: bool = False
    """Whether the reason is the size. In a request with one event, that event is then too large."""


@dataclass(frozen=True)
class Hopeless:
    """No request will be taken; `sentence` tells the user how to act."""

    sentence: str


Outcome = Accepted | TryLater | Malformed | Hopeless


def to_outcome(status: int, headers: Mapping[str, str], body: bytes, origin: str, now_s: float) -> Outcome:
    """The meaning of a response of `origin`; `headers` must not care about case.

    Segment documentation, "HTTP API Source": 200 for nearly everything, 400 for an oversized or broken request, 429.
    """
    if status == 200:
        if _is_web_page(headers, body):
            return Hopeless(_not_segment(origin))
        return TryLater('HTTP 200 with "success": false', _wait_s(headers, now_s)) if _denies(body) else Accepted()
    if status in {400, 413}:
        return Malformed(f"Segment answered {status}", in_json=_is_json(body), too_large=status == 413)
    if status in {408, 425, 429} or status >= 500:
        return TryLater(f"HTTP {status}", _wait_s(headers, now_s))
    return Hopeless(_explain(status, origin))


def _wait_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """How long Segment asks to wait: its documentation names `X-RateLimit-Reset`, and `Retry-After` is the standard."""
    return parse_retry_after(headers, now_s) if "Retry-After" in headers else parse_rate_limit_reset(headers, now_s)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _denies(body: bytes) -> bool:
    """Whether the body says that nothing was taken. Why is not known, so no event is blamed for it."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(answer, dict) and answer.get("success") is False


def _is_web_page(headers: Mapping[str, str], body: bytes) -> bool:
    return "text/html" in headers.get("content-type", "") or body.lstrip()[:1] == b"<"


def _not_segment(origin: str) -> str:
    return f"{origin} answered with a web page, and Segment answers with JSON: check 'region', or the proxy in between."


def _explain(status: int, origin: str) -> str:
    if status in {401, 403}:
        return f"{origin} refused the request with {status}: check 'write_key' and 'region', or the proxy in between."
    if 300 <= status < 400:
        return (
            f"{origin} answered with a redirect ({status}), which is not followed because the write key would go with "
            "it: set 'region' to the address that it leads to."
        )
    return f"{origin} answered {status} to /v1/batch, which Segment does not do: check 'region'."
