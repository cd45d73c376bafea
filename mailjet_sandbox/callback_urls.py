"""The addresses that webhooks go to, as Mailjet keeps them: one primary and one backup for each type of event.

An address whose posts failed for too long is suspended, and stays so under whatever registration: only another address
gets posts again.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from mailjet_sandbox.query import RefusedError

TYPES: Mapping[str, int] = {"open": 1, "click": 2, "bounce": 3, "spam": 4, "blocked": 5, "unsub": 6, "sent": 7}
"""The types of event, and a number of each for the text of MJ18, of which one example is known: `7|false`."""

_FIELDS = frozenset({"APIKey", "APIKeyID", "EventType", "ID", "IsBackup", "Status", "Url", "Version"})


@dataclass(frozen=True)
class CallbackUrl:
    """A row of `eventcallbackurl`; `url` may hold credentials. `is_grouped`: `Version` 2, an array for each second."""

    id: int
    event_type: str
    url: str
    is_grouped: bool
    is_backup: bool
    is_alive: bool

    @property
    def place(self) -> tuple[str, bool]:
        """What no other registration may have."""
        return self.event_type, self.is_backup


class CallbackUrls:
    """All registrations of an account; any thread may use it. What Mailjet refuses raises `RefusedError`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[int, CallbackUrl] = {}
        self._next_id = 101
        self._suspended: set[str] = set()

    def all(self) -> list[CallbackUrl]:
        """In order of their IDs."""
        with self._lock:
            return [self._by_id[identity] for identity in sorted(self._by_id)]

    def find(self, identity: int) -> CallbackUrl:
        """The registration with an ID; 404 where there is none."""
        with self._lock:
            return self._find(identity)

    def add(self, fields: Mapping[str, Any]) -> CallbackUrl:
        """Registers an address; a type's place that is taken is refused with MJ18."""
        if "Url" not in fields or "EventType" not in fields:
            raise RefusedError(400, "MJ08 Property Url or EventType is missing in the JSON payload")
        with self._lock:
            added = self._changed(CallbackUrl(self._next_id, "open", "", False, False, True), fields)
            self._next_id += 1
            self._by_id[added.id] = added
        return added

    def change(self, identity: int, fields: Mapping[str, Any]) -> CallbackUrl:
        """Changes the fields that are named."""
        with self._lock:
            changed = self._by_id[identity] = self._changed(self._find(identity), fields)
        return changed

    def remove(self, identity: int) -> None:
        """Takes a registration away; its address stays suspended if it was."""
        with self._lock:
            del self._by_id[self._find(identity).id]

    def target(self, event_type: str) -> CallbackUrl | None:
        """Where events of a type go: to the primary address, while that is suspended to the backup, or nowhere."""
        alive = [row for row in self.all() if row.event_type == event_type and row.is_alive]
        return min(alive, key=lambda row: row.is_backup, default=None)

    def suspend(self, url: str) -> None:
        """Sends nothing more to an address, whatever is registered with it."""
        with self._lock:
            self._suspended.add(split_credentials(url)[0])
            for identity, row in self._by_id.items():
                if split_credentials(row.url)[0] in self._suspended:
                    self._by_id[identity] = replace(row, is_alive=False)

    def _find(self, identity: int) -> CallbackUrl:
        found = self._by_id.get(identity)
        if found is None:
            raise RefusedError(404, "Object not found")
        return found

    def _changed(self, before: CallbackUrl, fields: Mapping[str, Any]) -> CallbackUrl:
        unknown = sorted(set(fields) - _FIELDS)
        if unknown:
            raise RefusedError(400, f'MJ03 Invalid property "{unknown[0]}" in the JSON payload')
        url = str(fields.get("Url", before.url))
        status = fields.get("Status", "alive" if before.is_alive or url != before.url else "dead")
        after = replace(
            before,
            event_type=_known(fields.get("EventType", before.event_type)),
            url=_posted_to(url),
            is_grouped=_is_grouped(fields.get("Version", 2 if before.is_grouped else 1)),
            is_backup=str(fields.get("IsBackup", before.is_backup)).lower() == "true",
            is_alive=status == "alive" and split_credentials(url)[0] not in self._suspended,
        )
        if any(row.place == after.place and row.id != after.id for row in self._by_id.values()):
            taken = f"{TYPES[after.event_type]}|{str(after.is_backup).lower()}"
            raise RefusedError(
                400, f'MJ18 A EventCallbackURL resource with value "{taken}" for EventType|Backup already exists.'
            )
        return after


def _known(event_type: Any) -> str:
    if event_type not in TYPES:
        raise RefusedError(400, "MJ04 Invalid value for EventType")
    return str(event_type)


def _is_grouped(version: Any) -> bool:
    if str(version) not in {"1", "2"}:
        raise RefusedError(400, "MJ04 Invalid value for Version")
    return str(version) == "2"


def _posted_to(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedError(400, "MJ04 Invalid value for Url")
    return url


def split_credentials(url: str) -> tuple[str, Mapping[str, str]]:
    """The address without credentials, and the header that they become (as Go's HTTP client, Mailjet's, does it)."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    address = urlunsplit(parts._replace(netloc=host))
    if not at:
        return address, {}
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode()
    return address, {"Authorization": "Basic " + base64.b64encode(pair).decode()}
