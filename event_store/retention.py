"""Deletes the content of events that were kept long enough. Their ids stay, so that none comes in again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from event_store.clock import to_ms
from event_store.consumers import slowest
from event_store.receiving import hold_receiving
from event_store.schema import ACCOUNT, EVENT
from event_store.values import NO_CONTENT

AT_ONCE = 5_000
"""Positions that one transaction looks at, so that nobody waits long."""


def delete_before(connection: Connection, account_no: int, before: datetime, forwarding: Sequence[str]) -> int | None:
    """Deletes, in order of position, events that came before an instant and that all of `forwarding` have passed.

    It ends before the first event that is younger: all deleted events lie before all that are kept. Returns how many
    positions it went on, or None at the end.
    """
    hold_receiving(connection)
    account = connection.execute(select(ACCOUNT).where(ACCOUNT.c.account_no == account_no)).one()
    passed = slowest(connection, account_no, forwarding)
    last = min(account.last_position, account.gone_through + AT_ONCE, *(() if passed is None else (passed,)))
    looked_at = EVENT.c.account_no == account_no, EVENT.c.position > account.gone_through, EVENT.c.position <= last
    younger = connection.scalar(
        select(func.min(EVENT.c.position)).where(*looked_at, EVENT.c.received_at >= to_ms(before))
    )
    last = last if younger is None else younger - 1
    if last <= account.gone_through:
        return None
    connection.execute(update(EVENT).where(*looked_at, EVENT.c.position <= last).values(NO_CONTENT))
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.account_no == account_no).values(gone_through=last))
    return int(last - account.gone_through)
