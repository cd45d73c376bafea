"""`eventcallbackurl`: the addresses that Mailjet posts events to. Each type has a primary address; we ignore backups.

Sources: Mailjet's OpenAPI file and guide, "Event API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mailjet_events.from_webhook import KIND_BY_WORD
from mailjet_rest.client import Mailjet
from mailjet_rest.fields import read_flag, read_id, read_number, read_text
from mailjet_rest.outcome import Row

EVENT_TYPES = tuple(KIND_BY_WORD)
GROUPED, SINGLE = 2, 1
"""`Version`: an array of the events of a second, or a post for each."""

_RESOURCE = "eventcallbackurl"
_PAGE = 1_000


class Registration(NamedTuple):
    """A row: `url` with its credentials. A suspended address is not alive."""

    id: str
    event: str
    url: str
    version: int
    is_alive: bool
    is_backup: bool


def read_primary(mailjet: Mailjet) -> Mapping[str, Registration]:
    """The primary registration of each type that has one. Raises `Failure`."""
    rows = mailjet.rows(_RESOURCE, {"Limit": _PAGE}, _parse)
    return {row.event: row for row in rows if not row.is_backup}


def add(mailjet: Mailjet, event: str, url: str, version: int = GROUPED) -> None:
    """Registers an address for a type that has none."""
    fields = {"EventType": event, "Url": url, "Version": version, "Status": "alive", "IsBackup": False}
    mailjet.change("POST", _RESOURCE, fields)


def change(mailjet: Mailjet, registration: Registration, url: str, version: int = GROUPED) -> None:
    """Puts another address in the place of one."""
    fields = {"EventType": registration.event, "Url": url, "Version": version, "Status": "alive"}
    mailjet.change("PUT", f"{_RESOURCE}/{registration.id}", fields)


def remove(mailjet: Mailjet, registration: Registration) -> None:
    """Deletes a registration, if it is still there."""
    mailjet.change("DELETE", f"{_RESOURCE}/{registration.id}")


def _parse(row: Row) -> Registration:
    return Registration(
        id=read_id(row, "ID"),
        event=(read_text(row, "EventType") or "").lower(),
        url=read_text(row, "Url") or "",
        version=read_number(row, "Version") or SINGLE,
        is_alive=(read_text(row, "Status") or "alive").lower() == "alive",
        is_backup=read_flag(row, "IsBackup") or False,
    )
