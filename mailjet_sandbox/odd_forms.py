"""The odd forms of webhooks' items that receivers met, as a table: each changes an item, never what it means.

A form may leave out what an item says; what it still says stays true. Sources are public issues, fixtures and captures
of other receivers of Mailjet's Event API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

Item = dict[str, Any]

OddForm = Literal[
    "numbers as text",
    "empty for nothing",
    "absent for nothing",
    "null for nothing",
    "contact 0",
    "campaign 0",
    "no address",
    "mj_message_id alone",
    "no mj_message_id",
    "no country",
    "country EU",
    "bare",
    "url of an open",
]


def _all_as_text(item: Item) -> Item:
    return {name: _as_text(value) for name, value in item.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or (value == 0 and not isinstance(value, bool))


def _nothing_as(nothing: Any) -> Callable[[Item], Item]:
    return lambda item: {name: nothing if _is_nothing(value) else value for name, value in item.items()}


def _without(*names: str) -> Callable[[Item], Item]:
    return lambda item: {name: value for name, value in item.items() if name not in names}


def _where_there(name: str, value: Any) -> Callable[[Item], Item]:
    return lambda item: {**item, name: value} if name in item else item


def _old(item: Item) -> Item:
    """As grouped posts of 2015: the ID as text, under its other name."""
    kept = _without("MessageID", "CustomID", "Payload", "Message_GUID")(item)
    return {**kept, "mj_message_id": str(item["MessageID"])}


def _url_of_open(item: Item) -> Item:
    return {**item, "url": "https://pixel.example.com/"} if item["event"] == "open" else item


ODD_FORMS: Mapping[OddForm, Callable[[Item], Item]] = {
    "numbers as text": _all_as_text,  # time "1513975381", hard_bounce "true"
    "empty for nothing": _nothing_as(""),  # mj_list_id ""
    "absent for nothing": lambda item: {name: value for name, value in item.items() if not _is_nothing(value)},
    "null for nothing": _nothing_as(None),  # Payload null, geo null
    "contact 0": _where_there("mj_contact_id", 0),
    "campaign 0": _where_there("mj_campaign_id", 0),  # much transactional mail, of which REST knows a campaign
    "no address": _where_there("email", ""),
    "mj_message_id alone": _old,
    "no mj_message_id": _without("mj_message_id"),
    "no country": _where_there("geo", ""),
    "country EU": _where_there("geo", "EU"),  # what a proxy's network gives
    "bare": _without("CustomID", "Payload", "comment", "Message_GUID"),
    "url of an open": _url_of_open,
}

EVERY_ODD_FORM: Mapping[OddForm, int] = {
    form: period for form, period in zip(ODD_FORMS, (3, 5, 7, 11, 13, 4, 17, 19, 6, 23, 8, 29, 9), strict=True)
}
"""All forms, each of every so many-th item: what a receiver must survive together."""

POISON: Sequence[Item] = tuple(
    {
        "event": word,
        "time": at,
        "MessageID": 0,
        "Message_GUID": "",
        "email": "",
        "mj_campaign_id": 0,
        "mj_contact_id": 0,
        "customcampaign": "",
        **more,
    }
    for word, at, more in (("spam", 1_751_890_193, {"source": ""}), ("blocked", 1_751_890_191, {}))
)
"""Items of one post that made a public service answer 500 until its address was suspended, the later event first."""


def forms_of(periods: Mapping[OddForm, int], lot: int) -> list[OddForm]:
    """The odd forms of the item with this lot: each form of every so many-th item."""
    return [form for form, period in periods.items() if period and lot % period == 0]
