"""Counts a post when it is on disk."""

from __future__ import annotations

from collections import Counter

from event_store.values import Post, Receipt
from mailjet_collector.metrics import Metrics


def count_stored(post: Post, receipt: Receipt, metrics: Metrics) -> None:
    """Counts the items of a post by kind, and the outcome in its receipt."""
    ours = metrics.account(post.account)
    for kind, count in Counter(item.kind.name for item in post.items).items():
        ours.received[kind].inc(count)
    ours.stored.inc(receipt.new)
    ours.repeated.inc(receipt.repeated)
    ours.rejected.inc(receipt.rejected)
    ours.last_post.set(post.received_at.timestamp())
