"""One account's rows to Segment: from which one on, by which connection, and how it ends."""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version

from event_store.cursor import place_of
from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_collector.config import SegmentConfig
from mailjet_collector.forward_plan import ForwardPlan, changed_plan, first_plan, parse_note, to_note
from mailjet_collector.pipeline import Listener, Pipeline
from mailjet_collector.troubles import Troubles
from program.budget import Budget
from segment_api.call import id_suffix
from segment_api.endpoint import Endpoint
from segment_api.retry import Persistence, RetryRule
from segment_api.workers import Send, WorkerEvent, Workers

RETRY = RetryRule(for_s=math.inf)
"""A batch is tried until Segment takes it: the backlog waits in the store, and receiving goes on."""
USER_AGENT = f"mailjet-collector/{version('mailjet-segment')}"


@dataclass(frozen=True)
class Manner:
    """How rows are sent. `workers` and `max_requests_per_second` are as the destination has them.

    `passes_over`: an event that Segment would drop, or refuses alone, is left out; else it ends the forwarding.
    """

    workers: int = 4
    max_requests_per_second: float = 50.0
    retry: RetryRule = RETRY
    passes_over: bool = True
    user_agent: str = USER_AGENT


def consumer_name(segment: SegmentConfig) -> str:
    """How the store calls the reader that forwards to this region and write key."""
    return f"segment:{segment.api_url}:{id_suffix(segment.write_key)[1:]}"


def plan_note(consumer: str) -> str:
    """The name of the note that keeps a consumer's `ForwardPlan`."""
    return f"forward {consumer}"


class Forwarding:
    """Forwards one account's rows. `run` may be called again after it raised."""

    def __init__(
        self,
        account: str,
        segment: SegmentConfig,
        store: Store,
        listener: Listener,
        log: logging.Logger,
        manner: Manner = Manner(),
    ) -> None:
        self._account, self._segment, self._store = account, segment, store
        self._listener, self._manner = listener, manner
        self._consumer = consumer_name(segment)
        self._troubles = Troubles(log, f"Account {account}, events on their way to Segment")
        self._pipeline: Pipeline | None = None

    def is_new(self) -> bool:
        """Whether nothing was ever sent to this region and write key."""
        return place_of(self._store.consumer(self._account, self._consumer).after) == 0

    def wake(self) -> None:
        """Says that there are new rows; any thread may."""
        if pipeline := self._pipeline:
            pipeline.wake()

    def run(self, leader: Leadership, ended: threading.Event) -> None:
        """Goes on until `ended`. Raises `NotLeader`, `StoreError`, and `Failure` if Segment refuses all."""
        while not ended.is_set():
            self._next_pipeline(leader).run(leader, ended, self._workers)

    def run_to_the_end(self, leader: Leadership, ended: threading.Event, complete: threading.Event) -> None:
        """As `run`, but only until `complete` is set and Segment has everything that is stored."""
        is_empty = False
        while not ended.is_set() and not is_empty:
            is_empty = self._next_pipeline(leader).run(leader, ended, self._workers, complete)

    def _next_pipeline(self, leader: Leadership) -> Pipeline:
        self._pipeline = Pipeline(
            self._account,
            self._consumer,
            id_suffix(self._segment.write_key),
            self._plan(leader),
            self._store,
            self._listener,
            self._troubles,
            self._manner.passes_over,
        )
        return self._pipeline

    def _plan(self, leader: Leadership) -> ForwardPlan:
        """The plan of events to send. Moves the reader to the place that the plan needs."""
        name, wished = plan_note(self._consumer), self._segment.forward_from
        note = self._store.note(self._account, name)
        place = place_of(self._store.consumer(self._account, self._consumer).after)
        plan = first_plan(datetime.now(timezone.utc), wished)
        if note is not None:
            plan = changed_plan(parse_note(note), place, wished)
        if note != to_note(plan):
            self._store.set_note(self._account, name, to_note(plan), leader)
        if plan.begins_again:  # also if an earlier start was cut off between these two steps
            self._store.move_back(self._account, self._consumer, None)
            plan = replace(plan, begins_again=False)
            self._store.set_note(self._account, name, to_note(plan), leader)
        return plan

    def _workers(self, post: Callable[[WorkerEvent], None], over: threading.Event) -> Workers:
        budget = Budget(self._manner.max_requests_per_second, time.monotonic, over.wait)

        def connect() -> Send:
            return Persistence(
                Endpoint(self._segment.api_url, self._segment.write_key, user_agent=self._manner.user_agent).post,
                self._manner.retry,
                budget,
                pause=over.wait,
                clock=time.monotonic,
                chance=random.random,
            ).send

        return Workers(self._manner.workers, connect, post, skips=self._manner.passes_over)
