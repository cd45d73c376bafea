"""Posts of Mailjet's Event API as events, item by item. Pure: an item that is no event gives a reason, never an error.

Sources: Mailjet's guide, "Event API"; posts as other receivers met them (unit_tests/mailjet_events names each).
0 and an empty text mean that there is none; numbers and booleans may come as texts; any field may be missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from mailjet_events.webhook_body import Inexact, NotJson, Part, cut
from mailjet_rest.fields import read_flag, whole_text
from segment_events.event_id import event_id_at, url_digest
from segment_events.kinds import BLOCKED, BOUNCED, CLICKED, DELIVERED, OPENED, SPAM, UNSUBSCRIBED, Kind

LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""

KIND_BY_WORD: Mapping[str, Kind] = {
    "sent": DELIVERED,  # the receiving server has accepted the message
    "open": OPENED,
    "click": CLICKED,
    "bounce": BOUNCED,
    "blocked": BLOCKED,
    "spam": SPAM,
    "unsub": UNSUBSCRIBED,
}

_DIGITS = re.compile("[0-9]{1,50}")
_COUNTRY = re.compile("[A-Za-z]{2}")
_LARGEST_ID = 1 << 64

Fields = Mapping[str, Any]
Parsed = TypeVar("Parsed")


class WebhookEvent(NamedTuple):
    """One event as a post reports it.

    `at`: Unix seconds. `properties`: the columns that only events of its kind have. `raw`: its bytes as they came.
    """

    id: str
    kind: Kind
    email_id: str
    at: int
    address: str | None
    contact_id: str | None
    campaign_id: str | None
    message_uuid: str | None
    custom_id: str | None
    custom_campaign: str | None
    payload: str | None
    ip: str | None
    country: str | None
    agent: str | None
    properties: Mapping[str, Any]
    raw: bytes


class Arrival(NamedTuple):
    """The fields that are needed to store an event and to recognise it; a tenth of those that `WebhookEvent` reads.

    `url`: a click's, as it came; else empty. `raw`: its bytes as they came.
    """

    kind: Kind
    email_id: str
    at: int
    url: str
    address: str | None
    bounce_type: str | None
    raw: bytes


class Rejection(NamedTuple):
    """An item that is no event, as it came, and the reason, which quotes nothing of it."""

    reason: str
    raw: bytes


def parse_body(body: bytes) -> list[WebhookEvent | Rejection]:
    """All items of a post, in their order; a body that cannot be read is one rejection."""
    return _parse_all(body, parse_item)


def parse_arrivals(body: bytes) -> list[Arrival | Rejection]:
    """As `parse_body`, to store items now and read the rest of them later."""
    return _parse_all(body, parse_arrival)


def parse_item(part: Part) -> WebhookEvent | Rejection:
    """One item of a post."""
    arrival = parse_arrival(part)
    return arrival if isinstance(arrival, Rejection) else _event(arrival, part.value)


def parse_arrival(part: Part) -> Arrival | Rejection:
    """Decides whether an item is an event."""
    fields = part.value
    if not isinstance(fields, dict):
        return Rejection("not an object", part.raw)
    word = fields.get("event")
    kind = KIND_BY_WORD.get(word) if isinstance(word, str) else None
    if kind is None:
        return Rejection("no known event", part.raw)
    email_id = _first_id(fields, "MessageID", "mj_message_id")
    if email_id is None:
        damaged = any(isinstance(fields.get(name), Inexact) for name in ("MessageID", "mj_message_id"))
        return Rejection("its message ID went through a float" if damaged else "no message ID", part.raw)
    at = _whole_number(fields.get("time"))
    if at is None or not 0 < at <= LAST_SECOND:
        return Rejection("no time from 1 to 253402300799", part.raw)
    url = _url(fields) if kind is CLICKED else ""
    bounce_type = _bounce_type(fields) if kind is BOUNCED else None
    return Arrival(kind, email_id, at, url, _text(fields, "email"), bounce_type, part.raw)


def _parse_all(body: bytes, parse: Callable[[Part], Parsed | Rejection]) -> list[Parsed | Rejection]:
    try:
        return [parse(part) for part in cut(body)]
    except NotJson as error:
        return [Rejection(str(error), body)]


def _event(arrival: Arrival, fields: Fields) -> WebhookEvent:
    kind, email_id, at, url, address, _, raw = arrival
    return WebhookEvent(
        id=event_id_at(kind, email_id, at, url),
        kind=kind,
        email_id=email_id,
        at=at,
        address=address,
        contact_id=_first_id(fields, "mj_contact_id"),
        campaign_id=_first_id(fields, "mj_campaign_id"),
        message_uuid=_text(fields, "Message_GUID"),
        custom_id=_text(fields, "CustomID"),
        custom_campaign=_text(fields, "customcampaign"),
        payload=_payload(fields.get("Payload")),
        ip=_text(fields, "ip"),
        country=_country(fields),
        agent=_text(fields, "agent"),
        properties=_properties(kind, fields, url),
        raw=raw,
    )


def _properties(kind: Kind, fields: Fields, url: str) -> Mapping[str, Any]:
    read = _READERS.get(kind)
    properties = read(fields) if read else {"link_url": _storable(url), "link_id": url_digest(url)[:16]}
    return {name: value for name, value in properties.items() if value is not None}


def _bounce_type(fields: Fields) -> str | None:
    is_hard = read_flag(fields, "hard_bounce")
    return None if is_hard is None else "hard" if is_hard else "soft"


def _bounce_properties(fields: Fields) -> dict[str, Any]:
    return {
        "bounce_type": _bounce_type(fields),
        "is_blocked": read_flag(fields, "blocked"),
        **_block_properties(fields),
        "comment": _text(fields, "comment"),
    }


def _block_properties(fields: Fields) -> dict[str, Any]:
    return {"error": _text(fields, "error"), "error_related_to": _text(fields, "error_related_to")}


_READERS: Mapping[Kind, Callable[[Fields], dict[str, Any]]] = {
    DELIVERED: lambda fields: {"smtp_reply": _text(fields, "smtp_reply")},
    OPENED: lambda fields: {},
    UNSUBSCRIBED: lambda fields: {"list_id": _first_id(fields, "mj_list_id")},
    BOUNCED: _bounce_properties,
    BLOCKED: _block_properties,
    SPAM: lambda fields: {"complaint_source": _text(fields, "source")},
}
"""Properties that only events of one kind have. A click is not here: its URL is part of its id too."""


def _first_id(fields: Fields, *names: str) -> str | None:
    """The first of these fields that is an ID, as text without zeros before it."""
    for name in names:
        number = _whole_number(fields.get(name))
        if number and 0 < number < _LARGEST_ID:
            return str(number)
    return None


def _whole_number(value: Any) -> int | None:
    """A whole number, or a text of digits; None for all else, numbers with a fraction or an exponent included."""
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else None


def _text(fields: Fields, name: str) -> str | None:
    """A field as a text for a column, without spaces around it; a number other than 0 too."""
    value = fields.get(name)
    if not value:
        return None
    if isinstance(value, str):
        return _storable(whole_text(value)).strip() or None
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _storable(text: str) -> str:
    """A text that a column of any warehouse holds."""
    return text.replace("\0", "\ufffd")


def _payload(value: Any) -> str | None:
    """The sender's own text as it is, or as JSON if it is another JSON value."""
    if value is None or isinstance(value, bool) or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _storable(whole_text(text))


def _url(fields: Fields) -> str:
    """A click's URL as it came, with U+FFFD for halves of surrogate pairs as REST's rows are read; else empty."""
    url = fields.get("url")
    return whole_text(url) if isinstance(url, str) else ""


def _country(fields: Fields) -> str | None:
    """Two letters. `EU` stands for the address of a proxy: no country."""
    geo = _text(fields, "geo")
    return geo.upper() if geo and _COUNTRY.fullmatch(geo) and geo.upper() != "EU" else None
