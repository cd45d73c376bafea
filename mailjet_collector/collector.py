"""A collector's life: the order in which it opens its parts, and its end.

The store comes first, for without it nothing can be taken; neither Mailjet nor Segment need be there. At the end
readiness goes first, so that a load balancer sends posts elsewhere; then posts that have come are answered, waiting
posts are stored, and the store is closed. All of it has an end in time.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from event_store.store import Store
from event_store.values import Post, Receipt
from mailjet_collector.accounting import count_stored
from mailjet_collector.admin import admin_app
from mailjet_collector.config import CollectorConfig
from mailjet_collector.group_commit import GroupCommit
from mailjet_collector.known_targets import KnownTargets
from mailjet_collector.leading import Leading
from mailjet_collector.listening import Serving, listen
from mailjet_collector.log import LOG
from mailjet_collector.metrics import Metrics
from mailjet_collector.patience import USUAL, Patience
from mailjet_collector.readiness import Readiness
from mailjet_collector.receiver import Receiver
from mailjet_collector.server import posters, public_app

REQUESTS_S = 12
"""How long requests that are under way may take at the end."""

STORE_S = 5.0
"""How long it may take to store waiting posts at the end."""

ALL_S = 25.0
"""The whole end, even if something hangs: less than the 30 s that clusters wait before they kill."""


@dataclass(frozen=True)
class Places:
    """The host and the ports: for Mailjet and readers, and for operators. Port 0 is any that is free."""

    host: str = "127.0.0.1"
    port: int = 8080
    admin_host: str = "127.0.0.1"
    admin_port: int = 8081


class Collector:
    """Opens the store and its accounts, and listens; raises `StoreError` and `MachineError`."""

    def __init__(self, config: CollectorConfig, places: Places, patience: Patience = USUAL) -> None:
        self._config, self._patience = config, patience
        self._store = Store(config.store)
        try:
            self._open(places)
        except BaseException:
            self._store.close()
            raise

    def _open(self, places: Places) -> None:
        self._store.claim()
        now = datetime.now(timezone.utc)
        self._metrics = Metrics()
        for account in self._config.accounts:
            self._store.open_account(account.name, account.key_digest, now)
            last_posts = self._store.last_seen(account.name).values()
            self._metrics.account(account.name).last_post.set(max(last_posts, default=now).timestamp())
        self._public = listen(places.host, places.port)
        try:
            self._admin = listen(places.admin_host, places.admin_port)
        except BaseException:
            self._public.close()
            raise

    @property
    def port(self) -> int:
        return int(self._public.getsockname()[1])

    @property
    def admin_port(self) -> int:
        return int(self._admin.getsockname()[1])

    async def serve(self, stop: asyncio.Event, on_ready: Callable[[], None] = lambda: None) -> None:
        """Takes posts until `stop`, then ends in order."""
        store, config, metrics, patience = self._store, self._config, self._metrics, self._patience
        commit, readiness = GroupCommit(store), Readiness(store)
        stop_leading = threading.Event()
        leading = Leading(config, store, metrics, stop_leading)

        def on_stored(post: Post, receipt: Receipt) -> None:
            count_stored(post, receipt, metrics)
            leading.wake(post.account)

        targets = KnownTargets(store, [account.name for account in config.accounts])
        keeping_up = asyncio.create_task(targets.keep_up())
        credentials, on_answer = posters(config), metrics.count_post
        receiver = Receiver(credentials, commit, targets.of, on_stored, on_answer, patience.body_s)
        commit.start()
        public = Serving(public_app(config, store, readiness, receiver), self._public, patience, REQUESTS_S)
        admin = Serving(admin_app(config, store, readiness, metrics), self._admin, patience, 1)
        on_ready()
        await stop.wait()
        readiness.drain()
        stop_leading.set()
        await asyncio.sleep(patience.notice_s)
        await public.end()
        await asyncio.to_thread(_end_threads, commit, leading)
        await admin.end()
        keeping_up.cancel()
        await asyncio.to_thread(store.close)


def _end_threads(commit: GroupCommit, leading: Leading) -> None:
    if not commit.close(STORE_S):
        LOG.warning("The store did not answer in time; Mailjet repeats the posts that were not answered with 200.")
    leading.join(STORE_S)
    if leading.is_alive():
        LOG.warning("Requests under way did not end in time; the next start goes on from the last noted place.")


def end_in_time() -> None:
    """Ends this process by and by, also if a thread hangs in a system call."""
    backstop = threading.Timer(ALL_S, os._exit, [0])
    backstop.daemon = True
    backstop.start()
