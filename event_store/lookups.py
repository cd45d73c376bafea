"""Look-ups of contacts, kept so that they are not repeated; with addresses, so that `forget` finds them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter

from sqlalchemy import Connection, select, text

from event_store.clock import from_ms, to_ms
from event_store.receiving import normal_address
from event_store.schema import LOOKUP
from event_store.values import Lookup

_AT_ONCE = 500
_REMEMBER = text(
    "INSERT INTO lookup (account_no, key, value, learned_at, address) "
    "VALUES (:account_no, :key, :value, :learned_at, :address) ON CONFLICT (account_no, key) "
    "DO UPDATE SET value = excluded.value, learned_at = excluded.learned_at, address = excluded.address"
)


def remember(connection: Connection, account_no: int, lookups: Sequence[Lookup]) -> None:
    """Keeps look-ups; each replaces the former one of its key."""
    rows = [
        {
            "account_no": account_no,
            "key": lookup.key,
            "value": json.dumps(lookup.value),
            "learned_at": to_ms(lookup.learned_at),
            "address": normal_address(lookup.address),
        }
        for lookup in sorted(lookups, key=attrgetter("key"))  # one order, so that two writers never wait for each other
    ]
    if rows:
        connection.execute(_REMEMBER, rows)


def recall(connection: Connection, account_no: int, keys: Sequence[str]) -> Mapping[str, Lookup]:
    """The look-ups under these keys; unknown keys are missing."""
    known: dict[str, Lookup] = {}
    for start in range(0, len(keys), _AT_ONCE):
        where = LOOKUP.c.account_no == account_no, LOOKUP.c.key.in_(list(keys[start : start + _AT_ONCE]))
        for row in connection.execute(select(LOOKUP).where(*where)):
            known[row.key] = Lookup(row.key, json.loads(row.value), from_ms(row.learned_at), row.address)
    return known
