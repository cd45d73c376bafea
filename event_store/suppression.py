"""Deletes events that came before their person was forgotten, if the person is only found out afterwards.

An event that waits may name a contact and no address, and a reading by REST may still be on its way. So `forget` leaves
a digest of the address, until all events that came before have a position, and at least for `KEPT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, func, select, text, update

from event_store.by_hand import run_by_hand
from event_store.schema import EVENT, FORGOTTEN
from event_store.values import NO_CONTENT

KEPT = timedelta(days=30)
"""Longer than any sync takes: it stores events as of its start, and nobody knows beforehand which ones it will read."""

_IS_ANY_FORGOTTEN = "SELECT 1 FROM forgotten LIMIT 1"
_ADD = text(
    "INSERT INTO forgotten (digest, at) VALUES (:digest, :at) ON CONFLICT (digest) DO UPDATE SET at = excluded.at"
)


def remember_forgotten(connection: Connection, store_id: str, address: str, at: int) -> None:
    """Remembers when an address was forgotten, in milliseconds. Drops old entries that precede all waiting events."""
    waits = EVENT.c.position.is_(None), EVENT.c.body.is_not(None)
    oldest = connection.scalar(select(func.min(EVENT.c.received_at)).where(*waits))
    old = at - KEPT // timedelta(milliseconds=1)
    connection.execute(delete(FORGOTTEN).where(FORGOTTEN.c.at < (old if oldest is None else min(oldest, old))))
    connection.execute(_ADD, {"digest": _digest(store_id, address), "at": at})


def suppress_forgotten(connection: Connection, store_id: str, addresses: Mapping[int, str]) -> None:
    """Deletes, of events with the addresses found for them, those that came before their address was forgotten."""
    if run_by_hand(connection, _IS_ANY_FORGOTTEN).first() is None:
        return
    event_nos: dict[str, list[int]] = {}
    for event_no, address in addresses.items():
        event_nos.setdefault(_digest(store_id, address), []).append(event_no)
    found = connection.execute(select(FORGOTTEN).where(FORGOTTEN.c.digest.in_(list(event_nos)))).all()
    for digest, at in found:
        before = EVENT.c.event_no.in_(event_nos[digest]), EVENT.c.received_at <= at
        connection.execute(update(EVENT).where(*before).values(NO_CONTENT))


def _digest(store_id: str, address: str) -> str:
    return sha256(f"{store_id} {address}".encode("utf-8", "surrogatepass")).hexdigest()
