"""The metrics of a collector, for Prometheus and for the page. No label is an address, a payload or a credential."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from mailjet_collector.pipeline import Listener, Sent
from segment_events.kinds import ALL_KINDS

LAG_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
NOBODY = ""
"""The account of a post without an account's password: names that anybody may invent are no labels."""

_BY_ACCOUNT = ["account"]
_BY_KIND = ["account", "kind"]


class AccountMetrics(NamedTuple):
    """One account's counters. `received` and `found` (by completeness) are by the name of a kind."""

    received: dict[str, Counter]
    stored: Counter
    repeated: Counter
    rejected: Counter
    resolved: Counter
    waiting: Gauge
    forwarded: Counter
    passed_over: Counter
    lag: Histogram
    behind: Gauge
    found: dict[str, Counter]
    leader: Gauge
    last_post: Gauge
    last_reading: Gauge


class ForwardingMetrics(Listener):
    """Counts what is forwarded of one account."""

    def __init__(self, metrics: AccountMetrics) -> None:
        self._metrics = metrics

    def settle(self, accepted: Sequence[Sent], left_out: int) -> None:
        """Counts events, and how long each took."""
        now = datetime.now(timezone.utc)
        for call in accepted:
            self._metrics.lag.observe((now - call.received_at).total_seconds())
        self._metrics.forwarded.inc(len(accepted))
        self._metrics.passed_over.inc(left_out)

    def fall_behind(self, seconds: float) -> None:
        """Shows the age of the oldest event on its way."""
        self._metrics.behind.set(seconds)


class Metrics:
    """The metrics of one process, in a registry of their own. An account's metrics begin at 0 on first use."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._accounts: dict[str, AccountMetrics] = {}
        self._posts = self._counter("posts", "Posts to the address of webhooks, by answer.", ["account", "status"])
        self._received = self._counter("events_received", "Events in posts, repeats included.", _BY_KIND)
        self._stored = self._counter("events_stored", "Events stored, by webhook or REST.", _BY_ACCOUNT)
        self._repeated = self._counter("events_repeated", "Events that were stored already.", _BY_ACCOUNT)
        self._rejected = self._counter("items_rejected", "Items that are no events, kept as they came.", _BY_ACCOUNT)
        self._resolved = self._counter("events_resolved", "Events that became a row.", _BY_ACCOUNT)
        self._waiting = self._gauge("events_waiting", "Stored events that have no row yet.", _BY_ACCOUNT)
        self._forwarded = self._counter("events_forwarded", "Events that Segment has accepted.", _BY_ACCOUNT)
        self._passed_over = self._counter("events_passed_over", "Events that Segment cannot take.", _BY_ACCOUNT)
        self._lag = Histogram(
            "mailjet_collector_lag_seconds",
            "From an event's arrival to its acceptance by Segment.",
            _BY_ACCOUNT,
            buckets=LAG_BUCKETS_S,
            registry=self.registry,
        )
        self._behind = self._gauge(
            "behind_seconds", "Age of the oldest event that Segment has not accepted.", _BY_ACCOUNT
        )
        self._found = self._counter("events_found", "Events that no post reported, found by REST.", _BY_KIND)
        self._leader = self._gauge("leader", "1 if this collector leads the account.", _BY_ACCOUNT)
        self._last_post = self._gauge(
            "last_post_timestamp_seconds", "When a post was last stored, or the start.", _BY_ACCOUNT
        )
        self._last_reading = self._gauge(
            "last_reading_timestamp_seconds", "When a reading by REST last came to its end here, or 0.", _BY_ACCOUNT
        )

    def account(self, name: str) -> AccountMetrics:
        """The metrics of an account."""
        if name not in self._accounts:
            self._accounts[name] = self._of_account(name)
        return self._accounts[name]

    def count_post(self, account: str, status: int) -> None:
        """Counts the answer to a post; `account` is `NOBODY` if its password was wrong."""
        self._posts.labels(account, str(status)).inc()

    def text(self) -> bytes:
        """All metrics as Prometheus reads them."""
        return generate_latest(self.registry)

    def _of_account(self, name: str) -> AccountMetrics:
        return AccountMetrics(
            received={kind.name: self._received.labels(name, kind.name) for kind in ALL_KINDS},
            stored=self._stored.labels(name),
            repeated=self._repeated.labels(name),
            rejected=self._rejected.labels(name),
            resolved=self._resolved.labels(name),
            waiting=self._waiting.labels(name),
            forwarded=self._forwarded.labels(name),
            passed_over=self._passed_over.labels(name),
            lag=self._lag.labels(name),
            behind=self._behind.labels(name),
            found={kind.name: self._found.labels(name, kind.name) for kind in ALL_KINDS},
            leader=self._leader.labels(name),
            last_post=self._last_post.labels(name),
            last_reading=self._last_reading.labels(name),
        )

    def _counter(self, name: str, meaning: str, labels: list[str]) -> Counter:
        return Counter(f"mailjet_collector_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, labels: list[str]) -> Gauge:
        return Gauge(f"mailjet_collector_{name}", meaning, labels, registry=self.registry)
