"""`eventcallbackurl` over HTTP: the one resource that is written as well as read.

Source: Mailjet's OpenAPI file and guide, "Event API"; MJ18 as users of the live API met it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mailjet_sandbox.callback_urls import CallbackUrl, CallbackUrls
from mailjet_sandbox.query import PAGING, Query, RefusedError
from mailjet_sandbox.rows import Row
from mailjet_sandbox.spelling import spelt

NAME = "eventcallbackurl"
METHODS = ("GET", "POST", "PUT", "DELETE")
_FILTERS = frozenset({"APIKey", "Backup", "EventType", "Status", "Version"})
_KEY_ID = 1_001


def answer(method: str, identity: str, body: bytes, query: Query, urls: CallbackUrls) -> tuple[int, Row | None]:
    """Status and JSON of the answer to a request; raises `RefusedError` for what gets another status."""
    if NAME in query.switches.forbidden:
        raise RefusedError(403, "Access to this resource is forbidden for this API key")
    if method == "GET" and not identity:
        return 200, _page(urls.all(), query)
    if method == "POST" and not identity:
        return 201, _enveloped([urls.add(_parse(body))], query)
    number = _number(identity)
    if method == "GET":
        return 200, _enveloped([urls.find(number)], query)
    if method == "PUT":
        return 200, _enveloped([urls.change(number, _parse(body))], query)
    if method == "DELETE":
        urls.remove(number)
        return 204, None
    raise RefusedError(405, "Method not allowed")


def _page(found: Sequence[CallbackUrl], query: Query) -> Row:
    unknown = sorted(set(query.parameters) - PAGING - _FILTERS)
    if unknown:
        raise RefusedError(400, f"Unknown filter: {', '.join(unknown)}")
    kept = [url for url in found if _is_wanted(_row(url), query)]
    if query.integer("countOnly") == 1:
        return {"Count": len(kept), "Data": [], "Total": len(kept)}
    if (sort := query.text("Sort")) is not None:
        if sort.replace("+", " ") not in {"ID", "ID DESC"}:
            raise RefusedError(400, f"Cannot sort on field {sort}")
        kept = kept if sort == "ID" else kept[::-1]
    offset = query.integer("Offset") or 0
    return _enveloped(kept[offset : offset + query.limit()], query)


def _is_wanted(row: Row, query: Query) -> bool:
    if query.flag("Backup") and not row["IsBackup"]:
        return False
    return all(query.text(name) in (None, str(row[name])) for name in ("EventType", "Status", "Version"))


def _row(url: CallbackUrl) -> Row:
    return {
        "APIKeyID": _KEY_ID,
        "EventType": url.event_type,
        "ID": url.id,
        "IsBackup": url.is_backup,
        "Status": "alive" if url.is_alive else "dead",
        "Url": url.url,
        "Version": 2 if url.is_grouped else 1,
    }


def _enveloped(page: Sequence[CallbackUrl], query: Query) -> Row:
    rows = [spelt(_row(url), NAME, query.switches) for url in page]
    return {"Count": len(rows), "Data": rows, "Total": len(rows)}


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        fields = orjson.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise RefusedError(400, "MJ01 The request body is no JSON object")
    return fields


def _number(identity: str) -> int:
    if not (identity.isascii() and identity.isdigit()):
        raise RefusedError(404, "Object not found")
    return int(identity)
