"""Deletes all that the store holds of an address, in all accounts. Ids of events stay, so that none comes in again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from event_store.clock import to_ms
from event_store.mentions import mentions
from event_store.receiving import hold_receiving, normal_address
from event_store.schema import ACCOUNT, EVENT, REJECTED, RELAY, STORE
from event_store.suppression import remember_forgotten
from event_store.values import NO_CONTENT, Forgotten

_AT_ONCE = 500
_HAS_CONTENT = or_(EVENT.c.body.is_not(None), EVENT.c.row_json.is_not(None))


def announce(connection: Connection, store_id: str, address: str, now: datetime) -> None:
    """The first step, committed before the others: from now on nobody gives an old event of this address a row.

    It waits until transactions that are giving rows have ended: the second step finds their rows.
    """
    hold_receiving(connection)
    connection.execute(update(STORE).values(forgets=STORE.c.forgets + 1))
    connection.execute(update(ACCOUNT).values(epoch=ACCOUNT.c.epoch))
    remember_forgotten(connection, store_id, normal_address(address) or "", to_ms(now))


def last_event(connection: Connection) -> int:
    """The number of the last event that came in."""
    return int(connection.scalar(select(STORE.c.next_arrival)) or 0) - 1


def find_events(connection: Connection, address: str, after: int, through: int) -> list[int]:
    """The events of an address that have content, among those of these numbers; it keeps nobody from writing."""
    return _events(connection, address, and_(EVENT.c.event_no > after, EVENT.c.event_no <= through))


def forget(connection: Connection, address: str, found: list[int], through: int) -> Forgotten:
    """Deletes the events that were found, those that came in after them, and everything else that names the address."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # it may cost another write
    hold_receiving(connection)
    events = 0
    for numbers in _slices(found + _events(connection, address, EVENT.c.event_no > through)):
        here = EVENT.c.event_no.in_(numbers), _HAS_CONTENT
        events += connection.execute(update(EVENT).where(*here).values(NO_CONTENT)).rowcount
    rejected = _naming(connection, REJECTED, "rejected_no", address)
    for numbers in _slices(rejected):
        connection.execute(update(REJECTED).where(REJECTED.c.rejected_no.in_(numbers)).values(body=None))
    relays = _naming(connection, RELAY, "relay_no", address)
    for numbers in _slices(relays):
        connection.execute(delete(RELAY).where(RELAY.c.relay_no.in_(numbers)))
    return Forgotten(events, len(rejected), len(relays))


def _events(connection: Connection, address: str, within: ColumnElement[bool]) -> list[int]:
    """Events of an address; one that waits without an address may name it in its body."""
    named = select(EVENT.c.event_no).where(within, EVENT.c.address == normal_address(address), _HAS_CONTENT)
    found = list(connection.scalars(named))
    waits = EVENT.c.address.is_(None), EVENT.c.position.is_(None), EVENT.c.body.is_not(None)
    nameless = connection.execute(select(EVENT.c.event_no, EVENT.c.body).where(within, *waits))
    return found + [number for number, body in nameless if mentions(body, address)]


def _naming(connection: Connection, table: Table, key: str, address: str) -> list[int]:
    query = select(table.c[key], table.c.body).where(table.c.body.is_not(None))
    return [number for number, body in connection.execute(query) if mentions(body, address)]


def _slices(numbers: list[int]) -> Iterator[list[Any]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))
