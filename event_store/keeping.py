"""Events that are resolved when they come: each gets its row and its position at once.

For who reads Mailjet's REST API alone and knows an event's surroundings before storing it. `receiving` and `positions`
do the same in two steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from event_store.bounces import HARD, SOFT
from event_store.bulk import insert_rows, update_rows
from event_store.clock import to_ms
from event_store.leadership import check_epoch
from event_store.ledger import WAYS
from event_store.positions import address_of, give_positions, row_text
from event_store.receiving import take_numbers
from event_store.schema import EVENT
from event_store.suppression import suppress_forgotten
from event_store.values import KnownEvent
from segment_events.event_id import link_digest
from segment_events.kinds import BOUNCED, CLICKED

_COLUMNS = (
    *("event_no", "account_no", "position", "wait_until", "email_id", "event_id", "kind", "link", "bounce", "second"),
    *("way", "received_at", "address", "row_json"),
)
_CHANGED = ("position", "row_json", "bounce")
_ADDRESS = _COLUMNS.index("address")
_REST = WAYS.index("rest")


def keep(
    connection: Connection,
    store_id: str,
    account_no: int,
    epoch: int,
    events: Sequence[KnownEvent],
    received_at: datetime,
) -> int:
    """Stores the events that are new, with their rows and positions; returns their number. Raises `NotLeader`.

    A stored event does not change, with one exception: a soft bounce that Mailjet now tells as a hard one gets the new
    row and a new position, under its one id, so that each reader hears of it.
    """
    # The row of the store before that of the account, as `forgetting` and `retention` hold them: no circle of waiting.
    number, received_at_ms = take_numbers(connection, len(events)), to_ms(received_at)
    check_epoch(connection, account_no, epoch)
    if not events:
        return 0
    position = give_positions(connection, account_no, len(events))
    rows: list[tuple[Any, ...]] = []
    hard: dict[str, tuple[Any, ...]] = {}
    for place, event in enumerate(events):
        row, kind = event.row, event.kind
        text, bounce = row_text(row), row.get("bounce_type", "") if kind is BOUNCED else ""
        link = link_digest(row.get("link_url") or "") if kind is CLICKED else ""
        subject = event.email_id, row["id"], kind.name, link, bounce
        rest = event.at, _REST, received_at_ms, address_of(row), text
        rows.append((number + place, account_no, position + place, 0, *subject, *rest))
        if bounce == HARD:
            hard[event.email_id] = position + place, text, bounce
    soft = _soft_bounces(connection, account_no, list(hard))
    new = insert_rows(connection, EVENT, _COLUMNS, rows)
    update_rows(connection, EVENT, "event_no", _CHANGED, [(event_no, *hard[email_id]) for event_no, email_id in soft])
    suppress_forgotten(connection, store_id, {row[0]: address for row in rows if (address := row[_ADDRESS])})
    return new


def _soft_bounces(connection: Connection, account_no: int, email_ids: Sequence[str]) -> list[tuple[int, str]]:
    """The soft bounces of these messages that were not deleted: the number of each, and its message."""
    if not email_ids:
        return []
    ours = EVENT.c.account_no == account_no, EVENT.c.bounce == SOFT, EVENT.c.row_json.is_not(None)
    among = EVENT.c.email_id.in_(email_ids)
    return [
        (row[0], row[1]) for row in connection.execute(select(EVENT.c.event_no, EVENT.c.email_id).where(*ours, among))
    ]
