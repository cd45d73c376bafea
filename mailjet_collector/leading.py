"""An account's leader does all that follows a post: resolving, forwarding, relaying, retention, reading by REST.

Each account has a thread that tries to lead it, in every collector that shares a store; it takes over within seconds
after the former leader is gone. A leader that hangs and wakes up later can write no more (`event_store.leadership`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from event_store.errors import StoreError
from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_collector.address_watch import AddressWatch
from mailjet_collector.completeness import Completeness
from mailjet_collector.config import AccountConfig, CollectorConfig
from mailjet_collector.connection import connect
from mailjet_collector.forwarding import Forwarding
from mailjet_collector.jobs import Job, start_jobs
from mailjet_collector.log import LOG
from mailjet_collector.metrics import AccountMetrics, ForwardingMetrics, Metrics
from mailjet_collector.relaying import run_relaying
from mailjet_collector.resolving import Resolving
from mailjet_collector.retention import run_retention
from mailjet_collector.surroundings import Knowledge
from mailjet_collector.troubles import Troubles
from mailjet_rest.client import Mailjet, Patience
from program.failure import unexpected

TRY_EVERY_S = 2.0
"""How often a collector tries to lead, and a leader looks whether it still does."""
LOOKUPS_AT_ONCE = 8
PATIENCE = Patience(
    unavailable_s=2, malformed_tries=2, connect_s=5, read_s=15, answer_s=30, first_wait_s=0.2, longest_wait_s=1
)
"""Short, because events that need no answer wait as long; a failed request is tried again later."""


class Leading:
    """The threads that lead each account that nobody else leads, until `stop` is set."""

    def __init__(self, config: CollectorConfig, store: Store, metrics: Metrics, stop: threading.Event) -> None:
        self._woken = {account.name: threading.Event() for account in config.accounts}
        self._threads = [
            threading.Thread(
                target=_Candidate(account, config, store, metrics.account(account.name), self._woken[account.name]).run,
                args=(stop,),
                name=f"{account.name} leader",
                daemon=True,
            )
            for account in config.accounts
        ]
        for thread in self._threads:
            thread.start()

    def wake(self, account: str) -> None:
        """Says that posts of an account were stored; any thread may."""
        self._woken[account].set()

    def join(self, timeout: float | None = None) -> None:
        """Waits, after `stop` was set, until all has ended or the time is up."""
        until_s = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if until_s is None else max(0.0, until_s - time.monotonic()))

    def is_alive(self) -> bool:
        """Whether anything has not ended yet."""
        return any(thread.is_alive() for thread in self._threads)


class _Candidate:
    """Leads one account whenever it can."""

    def __init__(
        self,
        account: AccountConfig,
        config: CollectorConfig,
        store: Store,
        metrics: AccountMetrics,
        woken: threading.Event,
    ) -> None:
        self._account, self._config, self._store = account, config, store
        self._metrics, self._woken = metrics, woken
        self._troubles = Troubles(LOG, f"Account {account.name}, leading")

    def run(self, stop: threading.Event) -> None:
        """Tries to lead, and leads, until `stop`."""
        while not stop.is_set():
            try:
                leader = self._store.try_lead(self._account.name)
                self._troubles.note_end()
                if leader:
                    self._lead(leader, stop)
            except StoreError as error:
                self._troubles.note(error.sentence)
            except Exception as error:  # else nobody would lead the account until this process ends
                self._troubles.note(unexpected(error).sentence)
            stop.wait(TRY_EVERY_S)

    def _lead(self, leader: Leadership, stop: threading.Event) -> None:
        LOG.info("Account %s: this collector leads it now.", self._account.name)
        self._metrics.leader.set(1)
        ended = threading.Event()
        try:
            self._work(leader, stop, ended)
        finally:
            ended.set()  # for jobs that began although another could not
            self._metrics.leader.set(0)
            leader.release()

    def _work(self, leader: Leadership, stop: threading.Event, ended: threading.Event) -> None:
        """Does what a leader does, until `stop`, or another leads."""
        account = self._account
        api = connect(account, PATIENCE)
        with ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix=f"{account.name} look-ups") as pool:
            knowledge = Knowledge(account, api, pool, self._store.forgets, time.monotonic, LOG)
            jobs = self._jobs(api, knowledge)
            threads = start_jobs(jobs, leader, ended, LOG)
            while not ended.is_set() and not stop.wait(TRY_EVERY_S) and leader.is_held():
                self._note_waiting()
            ended.set()
            self._woken.set()
            api.close()
            for job in jobs:
                job.stop()
            for thread in threads:
                thread.join()
            knowledge.close()

    def _note_waiting(self) -> None:
        with suppress(StoreError):  # the jobs that need the store report it
            self._metrics.waiting.set(self._store.waiting(self._account.name))

    def _jobs(self, api: Mailjet, knowledge: Knowledge) -> list[Job]:
        account, store = self._account, self._store
        jobs = []
        if account.segment:
            forwarding = Forwarding(account.name, account.segment, store, ForwardingMetrics(self._metrics), LOG)
            jobs.append(Job("forwarding", forwarding.run))
            on_resolved: Callable[[], None] = forwarding.wake
        else:
            on_resolved = _nobody
        resolving = Resolving(account, store, api, knowledge, self._metrics, LOG, on_resolved)
        jobs.append(Job("copies for former addresses", partial(run_relaying, store)))
        jobs.append(Job("resolving", partial(resolving.run, woken=self._woken)))
        if self._config.retention_s:
            jobs.append(Job("retention", partial(run_retention, account, store, self._config.retention_s)))
        if self._config.completeness_s:
            every_s = self._config.completeness_s
            url = self._config.public_url
            watch = AddressWatch(account, url, store, LOG) if url else None
            completeness = Completeness(account, store, self._metrics, api.budget, every_s, LOG, watch)
            jobs.append(Job("reading by REST", completeness.run, completeness.stop))
        return jobs


def _nobody() -> None:
    """Nobody waits for new rows of an account that has no Segment source."""
