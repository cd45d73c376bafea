"""The meaning of an HTTP answer of Mailjet: rows, nothing there, try again, or stop. Pure: it sends nothing.

Sources: Mailjet's API guide (status codes, envelope); undocumented answers are treated as the caller would wish.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

import orjson

from mailjet_rest.errors import (
    ForbiddenError,
    MailjetError,
    MalformedError,
    OtherServerError,
    RefusedKeysError,
    RefusedRequestError,
)
from program.failure import Failure
from program.retry_after import parse_retry_after

T = TypeVar("T")
Row = Mapping[str, Any]
_COUNT = re.compile("[0-9]{1,20}")
_PERSONAL = re.compile(r"\b(?:Basic|Bearer)\s+\S+|\S*(?:@|%40)\S*|[\w+/=.-]{24,}", re.IGNORECASE)
"""Words of an error that are no part of a sentence: credentials, addresses, possible keys and tokens."""
_MOST_CHARACTERS = 200
"""Characters that are shown of Mailjet's own error message."""


@runtime_checkable
class PageParser(Protocol[T]):
    """A parser of rows that reads all rows of a page at once, which is faster."""

    def __call__(self, row: Row) -> T: ...

    def page(self, body: bytes | bytearray) -> list[T] | None:
        """The rows of a page; None if they have to be read row by row."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The rows of a page, parsed, and the number that the envelope counts."""

    rows: list[T]
    count: int


@dataclass(frozen=True)
class Missing:
    """404: the object does not exist (any more)."""


@dataclass(frozen=True)
class Again:
    """Worth another try. `wait_s`: how long Mailjet asks to wait, if it does; `malformed`: the answer itself was
    wrong; `mend`: what to do if it stays so; `of_host`: it has nothing to do with what was requested."""

    reason: str
    wait_s: float | None = None
    throttled: bool = False
    malformed: bool = False
    mend: str = "start the sync again later; it goes on from where it was"
    of_host: bool = False


@dataclass(frozen=True)
class Refused:
    """Not worth another try; `scope`: which other requests would be refused as well."""

    error: Failure
    scope: Literal["request", "resource", "all"] = "request"


Outcome = Answer[T] | Missing | Again | Refused


_SCOPES: Mapping[int, Literal["request", "resource", "all"]] = {401: "all", 403: "resource"}


def judge(
    status: int,
    headers: Mapping[str, str],
    body: bytes | bytearray,
    path: str,
    origin: str,
    now_s: float,
    parse: Callable[[Row], T],
    params: Mapping[str, object] = {},
) -> Outcome[T]:
    """The meaning of the answer to a GET of `path` with `params`.

    `parse` turns a row into a value and raises `MalformedError`.
    """
    resource = path.split("/")[0]
    if status == 200:
        try:
            if "countOnly" in params:
                return Answer([], parse_count(body))
            return parse_envelope(body, parse, exact=resource == "contactdata")
        except MalformedError as error:
            return Again(f"answered with {error}", malformed=True)
    if status == 404 and "/" in path and _is_mailjets(body):
        return Missing()
    if status == 429:
        return Again("answered 429 (too many requests)", parse_retry_after(headers, now_s), throttled=True)
    if status >= 500 or status == 408:
        return Again(f"answered {status}", parse_retry_after(headers, now_s))
    return Refused(_refusal(status, resource, origin, body, params), _SCOPES.get(status, "request"))


def judge_change(
    status: int,
    headers: Mapping[str, str],
    body: bytes | bytearray,
    path: str,
    origin: str,
    now_s: float,
    parse: Callable[[Row], T],
    params: Mapping[str, object] = {},
) -> Outcome[T]:
    """The same of a POST (201 with the new object), a PUT (200, or 304 for no change) or a DELETE (204)."""
    if status in (204, 304):
        return Answer([], 0)
    return judge(200 if status == 201 else status, headers, body, path, origin, now_s, parse, params)


def parse_envelope(body: bytes | bytearray, parse: Callable[[Row], T], exact: bool = False) -> Answer[T]:
    """`{"Count":n,"Data":[...],"Total":n}`; raises `MalformedError` for whatever else came with status 200.

    `Count` is the number of rows in this page, not of the whole listing, so that another number means that rows are
    missing. `exact`: numbers keep all of their digits: a user id may have more than a float. A `parse` that can read a
    whole page does so, if the page is as usual.
    """
    if isinstance(parse, PageParser) and (page := parse.page(body)) is not None:
        return Answer(page, len(page))
    envelope = _parse_object(body, exact)
    rows = envelope.get("Data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedError("JSON without a list of rows in 'Data'")
    count = _number(envelope.get("Count", len(rows)))
    if count != len(rows):
        raise MalformedError(f"{len(rows)} rows whose 'Count' is {count}")
    parsed: list[T] = []
    try:
        for row in rows:
            parsed.append(parse(row))
    except MalformedError as error:
        raise MalformedError(f"{error}{_which(rows[len(parsed)])}") from None
    return Answer(parsed, count)


def parse_count(body: bytes | bytearray) -> int:
    """The number of all rows, in answer to `countOnly`; raises `MalformedError` if there is none."""
    envelope = _parse_object(body)
    return _number(envelope.get("Count", envelope.get("Total")))


def _parse_object(body: bytes | bytearray, exact: bool = False) -> Mapping[str, Any]:
    try:
        envelope = _load_exactly(body) if exact else _load(body)
    except (ValueError, ArithmeticError, RecursionError):
        raise MalformedError(
            "an empty body" if not body.strip() else "a body that is no JSON (cut off, or not Mailjet's)"
        ) from None
    if not isinstance(envelope, dict):
        raise MalformedError("JSON without a list of rows in 'Data'")
    return envelope


def _number(value: object) -> int:
    if not _COUNT.fullmatch(str(value)):
        raise MalformedError("a 'Count' that is no number")
    return int(str(value))


def _which(row: Row) -> str:
    """The id of a row, for the sentence about it, if it has one."""
    named = ((name, str(row[name])) for name in ("ID", "MessageID", "ContactID") if name in row)
    return next((f" (its '{name}' is {number})" for name, number in named if _COUNT.fullmatch(number)), "")


def _load(body: bytes | bytearray) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return _load_exactly(body)  # takes half of a surrogate pair, which a cut-off text may end with


def _load_exactly(body: bytes | bytearray) -> Any:
    return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    """Python reads `NaN` and `Infinity`, which are not JSON and no value of Mailjet's."""
    raise ValueError(name)


def _refusal(status: int, resource: str, origin: str, body: bytes | bytearray, params: Mapping[str, object]) -> Failure:
    if status == 401:
        return RefusedKeysError(
            f"Mailjet at {origin} refused the keys (401): copy 'api_key' and 'api_key_secret' again from Mailjet's API "
            "key management, and if they are right, set 'api_url' to the host the account lives on "
            "(https://api.mailjet.com, or https://api.us.mailjet.com for Mailjet's US architecture)."
        )
    if status == 403:
        return ForbiddenError(
            f"Mailjet does not let this API key read '{resource}' (403): give it that permission in Mailjet's API key "
            "management, or deselect the streams that need it."
        )
    if 300 <= status < 400 or not _is_mailjets(body):
        return OtherServerError(
            f"The server at {origin} ({status}) is not Mailjet's API: set 'api_url' to https://api.mailjet.com or "
            "https://api.us.mailjet.com."
        )
    parameters = f" with the parameters {', '.join(sorted(params))}" if params else ""
    message = _error_message(body)
    quote = f', saying "{message}"' if message else ""
    return (RefusedRequestError if status in (400, 404) else MailjetError)(
        f"Mailjet refused a request for '{resource}'{parameters} ({status}){quote}: this is not expected; report it "
        "with this line."
    )


def _error_message(body: bytes | bytearray) -> str:
    """Mailjet's own `ErrorMessage`, on one line and without words that may echo a person or the keys."""
    message = str(json.loads(body).get("ErrorMessage") or "")
    words = "".join(character if character.isprintable() else " " for character in message).split()
    return _PERSONAL.sub("...", " ".join(words))[:_MOST_CHARACTERS].rstrip(" .")


def _is_mailjets(body: bytes | bytearray) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
