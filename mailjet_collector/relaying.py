"""Copies of posts for the address that had a type's place before us: after our own answer, tried for 24 hours.

Its answer changes nothing here. Its own credentials are sent, never ours, over https, and no redirect is followed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import requests

from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import DueRelay, Item, Relay
from mailjet_collector.callback_urls import GROUPED
from mailjet_collector.webhook_address import can_be_relayed_to, split_credentials
from mailjet_collector.webhooks import former_webhooks
from mailjet_events.from_webhook import KIND_BY_WORD

TRIED_FOR = timedelta(hours=24)
COPY_WAITS, TARGET_WAITS = timedelta(seconds=60), timedelta(seconds=30)
"""The pauses of a copy that failed, and of an address that is down. A copy waits longer, so that others are tried first
once its address is up again."""
_TIMEOUT_S = (5, 10)
_LOOK_EVERY_S = 1.0
_BATCH = 200
_CONNECTIONS = 8
_FAILURES = 3


class RelayTarget(NamedTuple):
    """An address and the kinds that it gets, by name. `url`, with its credentials, is also the store's word for it."""

    url: str
    is_grouped: bool
    kinds: frozenset[str]


def relay_targets(store: Store, account: str) -> list[RelayTarget]:
    """The addresses that were taken over. `webhooks` may change them at any time: read them every few seconds."""
    kinds: dict[tuple[str, bool], set[str]] = {}
    for event, former in former_webhooks(store, account).items():
        kinds.setdefault((former["url"], former["version"] == GROUPED), set()).add(KIND_BY_WORD[event].name)
    return [RelayTarget(url, is_grouped, frozenset(names)) for (url, is_grouped), names in kinds.items()]


def relays_for(items: Sequence[Item], targets: Sequence[RelayTarget], now: datetime) -> list[Relay]:
    """The copies of a post's events for each target: of its own kinds, as they came. Pure."""
    relays: list[Relay] = []
    for target in targets:
        bodies = [item.body for item in items if item.kind.name in target.kinds]
        if target.is_grouped and bodies:
            bodies = [b"[" + b",".join(bodies) + b"]"]
        relays += [Relay(target.url, body, now + TRIED_FOR) for body in bodies]
    return relays


def run_relaying(store: Store, leader: Leadership, ended: threading.Event) -> None:
    """Posts copies until `ended`. Raises `StoreError`."""
    while not ended.is_set() and leader.is_held():
        if not relay_due(store, leader.account, datetime.now(timezone.utc)):
            ended.wait(_LOOK_EVERY_S)


def relay_due(store: Store, account: str, now: datetime) -> int:
    """Posts copies that are due; returns how many were taken. It lasts about 15 s at most: give it a thread.

    A copy is posted again if its answer was lost, or if the process died.
    """
    due = store.due_relays(account, now, _BATCH)
    if not due:
        return 0
    outcomes = _Outcomes()
    with requests.Session() as session, ThreadPoolExecutor(_CONNECTIONS) as pool:
        list(pool.map(lambda relay: outcomes.try_post(session, relay), due))
    store.relayed(account, outcomes.taken)
    store.relay_later(account, outcomes.failed, now + COPY_WAITS)
    for target in {relay.target for relay in due if outcomes.is_down(relay.target)}:
        store.hold_relays(account, target, now + TARGET_WAITS)
    return len(outcomes.taken)


class _Outcomes:
    """The outcomes of copies. A copy that its address refuses holds up no other; an address that is down is skipped."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.failed: list[int] = []
        self._by_target: dict[tuple[str, bool], int] = {}

    def is_down(self, target: str) -> bool:
        """Whether several posts have failed and none was taken."""
        return self._by_target.get((target, False), 0) >= _FAILURES and (target, True) not in self._by_target

    def try_post(self, session: requests.Session, relay: DueRelay) -> None:
        """Posts a copy unless its address is down."""
        if self.is_down(relay.target):
            return
        is_taken = _is_taken(session, relay)
        (self.taken if is_taken else self.failed).append(relay.relay_id)
        key = relay.target, is_taken
        self._by_target[key] = self._by_target.get(key, 0) + 1


def _is_taken(session: requests.Session, relay: DueRelay) -> bool:
    address, credentials = split_credentials(relay.target)
    if not can_be_relayed_to(address):
        return False
    user = (credentials.user.encode(), credentials.password.encode()) if credentials else None
    try:
        with session.post(
            address,
            data=relay.body,
            headers={"Content-Type": "application/json"},
            auth=requests.auth.HTTPBasicAuth(*user) if user else lambda request: request,  # and none of ~/.netrc
            timeout=_TIMEOUT_S,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return answer.status_code == 200
    except requests.RequestException:
        return False
