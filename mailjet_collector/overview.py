"""The figures of an account on the page: numbers and times, and nothing that names a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from prometheus_client import Counter, Gauge

from event_store.store import Store
from event_store.values import RejectedItem, Status
from mailjet_collector.address_watch import ADDRESSES_NOTE
from mailjet_collector.config import AccountConfig
from mailjet_collector.metrics import AccountMetrics
from segment_events.instants import parse_instant
from segment_events.kinds import ALL_KINDS

MOST_REJECTED = 20


class KindLine(NamedTuple):
    """One kind of event. `last_at`: when a post last reported one; `today`: posted since midnight (UTC), to any
    collector; `found`: by completeness, since the start.
    """

    name: str
    last_at: datetime | None
    today: int
    found: int


class AddressLine(NamedTuple):
    """Types of event, and the state of their addresses at Mailjet."""

    events: str
    words: str


class Overview(NamedTuple):
    """An account at a glance. `lag`: in words."""

    name: str
    is_leader: bool
    kinds: Sequence[KindLine]
    waiting: int
    oldest_waiting: datetime | None
    lag: str
    passed_over: int
    rejected: int
    latest_rejected: Sequence[RejectedItem]
    addresses: Sequence[AddressLine]
    addresses_at: datetime | None
    last_reading: datetime | None


def overview(store: Store, account: AccountConfig, metrics: AccountMetrics, now: datetime) -> Overview:
    """Asks the store; raises `StoreError`."""
    status = store.status(account.name)
    note = store.note(account.name, ADDRESSES_NOTE) or {}
    is_leader, read_at = bool(_value(metrics.leader)), _value(metrics.last_reading)
    return Overview(
        name=account.name,
        is_leader=is_leader,
        kinds=[
            KindLine(
                kind.event_text,
                status.last_seen.get(kind.name),
                _today(status, kind.name, now),
                int(_value(metrics.found[kind.name])),
            )
            for kind in ALL_KINDS
        ],
        waiting=status.waiting,
        oldest_waiting=status.oldest_waiting,
        lag=_lag(account, is_leader, _value(metrics.behind)),
        passed_over=int(_value(metrics.passed_over)),
        rejected=status.rejected,
        latest_rejected=store.rejected(account.name, MOST_REJECTED),
        addresses=_addresses(note.get("addresses", ())),
        addresses_at=parse_instant(note["at"]) if "at" in note else None,
        last_reading=datetime.fromtimestamp(read_at, timezone.utc) if read_at else None,
    )


def _today(status: Status, kind: str, now: datetime) -> int:
    last = status.last_seen.get(kind)
    return status.that_day[kind] if last and last.date() == now.date() else 0


def _lag(account: AccountConfig, is_leader: bool, behind_s: float) -> str:
    if account.segment is None:
        return "nothing is forwarded: no Segment source is configured"
    if not is_leader:
        return "another collector forwards this account"
    return f"the oldest event that Segment has not accepted is {behind_s:.0f} s old" if behind_s else "nothing waits"


def _addresses(noted: Iterable[dict[str, Any]]) -> list[AddressLine]:
    """A line for each state, with all types of event in it."""
    events: dict[str, list[str]] = {}
    for address in noted:
        events.setdefault(_state(address), []).append(str(address["event"]))
    return [AddressLine(", ".join(names), words) for words, names in events.items()]


def _state(address: dict[str, Any]) -> str:
    if address.get("state") != "ours":
        return "another program's" if address.get("state") == "other" else "none: no post comes"
    return "alive" if address.get("alive") else "suspended: run mailjet-segment webhooks register"


def _value(metric: Counter | Gauge) -> float:
    return next(iter(metric.collect())).samples[0].value
