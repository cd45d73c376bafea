"""Copies of posts that wait until another address has taken them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from event_store.clock import to_ms
from event_store.schema import RELAY
from event_store.values import DueRelay


def due(connection: Connection, account_no: int, now: datetime, limit: int) -> list[DueRelay]:
    """Copies that are due, in order; expired copies are deleted."""
    expired = RELAY.c.account_no == account_no, RELAY.c.expires_at <= to_ms(now)
    connection.execute(delete(RELAY).where(*expired))
    ready = RELAY.c.account_no == account_no, RELAY.c.due_at <= to_ms(now)
    query = select(RELAY).where(*ready).order_by(RELAY.c.due_at, RELAY.c.relay_no).limit(limit)
    return [DueRelay(row.relay_no, row.target, bytes(row.body)) for row in connection.execute(query)]


def relayed(connection: Connection, account_no: int, relay_ids: Sequence[int]) -> None:
    """Deletes copies that were taken, or that will never be."""
    connection.execute(delete(RELAY).where(RELAY.c.account_no == account_no, RELAY.c.relay_no.in_(list(relay_ids))))


def relay_later(connection: Connection, account_no: int, relay_ids: Sequence[int], due_at: datetime) -> None:
    ours = RELAY.c.account_no == account_no, RELAY.c.relay_no.in_(list(relay_ids))
    connection.execute(update(RELAY).where(*ours).values(due_at=to_ms(due_at)))


def hold(connection: Connection, account_no: int, target: str, due_at: datetime) -> None:
    """Lets all copies for a target wait at least until an instant."""
    earlier = RELAY.c.account_no == account_no, RELAY.c.target == target, RELAY.c.due_at < to_ms(due_at)
    connection.execute(update(RELAY).where(*earlier).values(due_at=to_ms(due_at)))
