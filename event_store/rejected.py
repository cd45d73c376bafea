"""Items that came and are no events: listed without content, and taken out to be tried again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from event_store.clock import from_ms
from event_store.schema import REJECTED
from event_store.values import RejectedBody, RejectedItem

_KEPT = REJECTED.c.body.is_not(None)


def list_rejected(connection: Connection, account_no: int, limit: int) -> list[RejectedItem]:
    """The latest rejected items, without content."""
    columns = REJECTED.c.rejected_no, REJECTED.c.reason, REJECTED.c.received_at, REJECTED.c.size
    query = select(*columns).where(REJECTED.c.account_no == account_no, _KEPT)
    found = connection.execute(query.order_by(REJECTED.c.rejected_no.desc()).limit(limit))
    return [RejectedItem(number, reason, from_ms(received_at), size) for number, reason, received_at, size in found]


def bodies(connection: Connection, account_no: int, after: int, limit: int) -> list[RejectedBody]:
    """Rejected items as they came, in the order in which they came."""
    after_it = REJECTED.c.account_no == account_no, REJECTED.c.rejected_no > after, _KEPT
    columns = REJECTED.c.rejected_no, REJECTED.c.received_at, REJECTED.c.body
    query = select(*columns).where(*after_it).order_by(REJECTED.c.rejected_no)
    found = connection.execute(query.limit(limit))
    return [RejectedBody(number, from_ms(received_at), bytes(body)) for number, received_at, body in found]


def take_out(connection: Connection, account_no: int, rejected_ids: Sequence[int]) -> None:
    """Deletes rejected items: the transaction that does so takes them in again."""
    numbered = REJECTED.c.rejected_no.in_(list(rejected_ids))
    connection.execute(delete(REJECTED).where(REJECTED.c.account_no == account_no, numbered))
