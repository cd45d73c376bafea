"""Rejected items once more: this version may read an event that an older version could not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from event_store.errors import StoreError, StoreFull, StoreUnavailable
from event_store.store import Store
from event_store.values import RejectedBody
from mailjet_collector.posts import to_post

_AT_ONCE = 200


class Replayed(NamedTuple):
    """How many items became events, were stored already, and are no events still."""

    new: int
    repeated: int
    rejected: int


def replay_rejected(store: Store, account: str, count: Callable[[int], None] = lambda items: None) -> Replayed:
    """Takes each of an account's rejected items again, in a transaction of its own; raises `StoreError`.

    `count` hears how many more were taken.
    """
    total, after = Replayed(0, 0, 0), 0
    while page := store.rejected_bodies(account, after, _AT_ONCE):
        for item in page:
            total = Replayed(*map(sum, zip(total, _replay(store, account, item), strict=True)))
            count(1)
        after = page[-1].rejected_id
    return total


def _replay(store: Store, account: str, item: RejectedBody) -> Replayed:
    post = to_post(account, item.received_at, item.body)
    if not post.items:
        return Replayed(0, 0, 1)
    try:
        receipt = store.replay(account, [item.rejected_id], post)
    except (StoreUnavailable, StoreFull):
        raise
    except StoreError:  # an item that no store takes stays where it is, and the others go on
        return Replayed(0, 0, 1)
    return Replayed(receipt.new, receipt.repeated, receipt.rejected)
