"""Counts a post when it is on disk."""

from __future__ import annotations

from collections import Counter

from event_store.values import Post, Receipt
from mailjet_collector.metrics import Metrics
from mailjet_collector.today import Today


def count_stored(post: Post, receipt: Receipt, metrics: Metrics, today: Today) -> None:
    """Counts the items of a post by kind, and the outcome in its receipt."""
    ours = metrics.account(post.account)
    kinds = Counter(item.kind.name for item in post.items)
    for kind, count in kinds.items():
        ours.received[kind].inc(count)
    today.add(post.account, kinds, post.received_at)
    ours.stored.inc(receipt.new)
    ours.repeated.inc(receipt.repeated)
    ours.rejected.inc(receipt.rejected)
    ours.last_post.set(post.received_at.timestamp())
