"""An account's state at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from event_store.clock import from_ms
from event_store.schema import ACCOUNT, EVENT, LAST_SEEN, REJECTED
from event_store.values import Status


def last_seen(connection: Connection, account_no: int) -> dict[str, datetime]:
    """When a webhook last reported each kind."""
    seen = connection.execute(select(LAST_SEEN.c.kind, LAST_SEEN.c.at).where(LAST_SEEN.c.account_no == account_no))
    return {kind: from_ms(at) for kind, at in seen}


def _that_day(connection: Connection, account_no: int) -> dict[str, int]:
    """How many events of each kind webhooks brought on the day of its last one."""
    seen = select(LAST_SEEN.c.kind, LAST_SEEN.c.that_day).where(LAST_SEEN.c.account_no == account_no)
    return {kind: count for kind, count in connection.execute(seen)}


def waiting(connection: Connection, account_no: int) -> tuple[int, int | None]:
    """How many events have no position yet, and the number of the oldest of them."""
    ours = EVENT.c.account_no == account_no, EVENT.c.position.is_(None), EVENT.c.body.is_not(None)
    count, oldest = connection.execute(select(func.count(), func.min(EVENT.c.event_no)).where(*ours)).one()
    return count, oldest


def count_before(connection: Connection, account_no: int, second: int) -> int:
    """How many events with a row happened before a Unix second."""
    ours = EVENT.c.account_no == account_no, EVENT.c.second < second, EVENT.c.row_json.is_not(None)
    return connection.scalar(select(func.count()).select_from(EVENT).where(*ours)) or 0


def count_after(connection: Connection, account_no: int, position: int, second: int, leaves_out: Sequence[str]) -> int:
    """How many events with a row come after a position and happened at or after a Unix second, but of these kinds."""
    ours = EVENT.c.account_no == account_no, EVENT.c.position > position, EVENT.c.row_json.is_not(None)
    wanted = EVENT.c.second >= second, EVENT.c.kind.not_in(list(leaves_out))
    return connection.scalar(select(func.count()).select_from(EVENT).where(*ours, *wanted)) or 0


def last_position(connection: Connection, account_no: int) -> int:
    """The last position given; 0 before the first."""
    return connection.scalar(select(ACCOUNT.c.last_position).where(ACCOUNT.c.account_no == account_no)) or 0


def status(connection: Connection, account_no: int) -> Status:
    count, oldest = waiting(connection, account_no)
    received_at = connection.scalar(select(EVENT.c.received_at).where(EVENT.c.event_no == oldest))
    kept = REJECTED.c.account_no == account_no, REJECTED.c.body.is_not(None)
    rejected = connection.scalar(select(func.count()).select_from(REJECTED).where(*kept))
    return Status(
        waiting=count,
        oldest_waiting=None if received_at is None else from_ms(received_at),
        rejected=rejected or 0,
        last_seen=last_seen(connection, account_no),
        that_day=_that_day(connection, account_no),
    )
