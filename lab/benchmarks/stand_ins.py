"""Mailjet and Segment in a process of their own, so that they take no time from what is measured but a processor's."""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from lab.benchmarks.floor import Floor
from lab.benchmarks.output import read_records
from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.faults import Fault, FaultMiddleware, delay
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import segment_app
from mailjet_sandbox.serving import App, Receive, Scope, Send, serving
from segment_events.instants import format_instant
from segment_events.kinds import TRACKS

UNREAD = timedelta(seconds=5)
"""What a sync leaves to the next one, before its own beginning."""


@dataclass(frozen=True)
class Places:
    """Where the stand-ins are, and the credentials that they take."""

    mailjet_url: str
    api_key: str
    api_key_secret: str
    segment_url: str
    write_key: str
    start: datetime
    """No message was sent before it."""
    now: datetime


@dataclass(frozen=True)
class Delivered:
    """What Segment got since the last reset; instants are those of `time.monotonic`."""

    accepted: int
    doubled: int
    dropped: int
    requests: int
    first_s: float
    """When the first request arrived."""
    last_s: float
    """When the last one was answered."""

    @property
    def per_s(self) -> float:
        """Events a second from the first request to the last answer."""
        return self.accepted / (self.last_s - self.first_s)


@dataclass(frozen=True)
class Difference:
    """What a sync emitted against what happened: ids, instants and user ids, of each stream and of `tracks`."""

    events: int
    missing: int
    wrong: int
    doubled: int

    @property
    def is_none(self) -> bool:
        """Whether the sync told the truth, the whole truth, and nothing twice."""
        return not (self.missing or self.wrong or self.doubled)


class StandIns:
    """A context that serves, in another process, the sandbox that `make` makes: a module's function, or a partial."""

    places: Places

    def __init__(self, make: Callable[[], Sandbox]) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, make), daemon=True)

    def __enter__(self) -> StandIns:
        self._process.start()
        self.places = self._here.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._here.send(None)
        self._process.join(10)
        self._process.kill()

    def set_latency(self, seconds: float) -> None:
        """From now on each answer of both takes so much longer."""
        self._ask("set_latency", seconds)

    def move_on(self, by: timedelta) -> datetime:
        """Moves the account's clock; tells what it shows then."""
        now: datetime = self._ask("move_on", by)
        return now

    def reset(self) -> None:
        """Forgets what was asked and what was delivered."""
        self._ask("reset")

    def busy_s(self) -> float:
        """Seconds of CPU that the stand-ins have taken since the last reset."""
        busy_s: float = self._ask("busy_s")
        return busy_s

    def requests_by_resource(self) -> Mapping[str, int]:
        """How many requests Mailjet got since the last reset, by resource."""
        counted: Mapping[str, int] = self._ask("requests_by_resource")
        return counted

    def delivered(self) -> Delivered:
        """What Segment got since the last reset."""
        delivered: Delivered = self._ask("delivered")
        return delivered

    def count_events(self) -> int:
        """How many events a first sync must tell of at this moment."""
        events: int = self._ask("count_events")
        return events

    def compare(self, *outputs: Path) -> Difference:
        """Compares what syncs printed, which together read all there is, with what happened."""
        difference: Difference = self._ask("compare", *outputs)
        return difference

    def compare_ids(self, ids: Sequence[str]) -> Difference:
        """Compares the ids that a warehouse has in `tracks` with those of what happened."""
        difference: Difference = self._ask("compare_ids", ids)
        return difference

    def compare_delivered(self) -> Difference:
        """Compares the ids that Segment got since the last reset with those of what happened."""
        difference: Difference = self._ask("compare_delivered")
        return difference

    def floors(self, bounds: Sequence[datetime]) -> list[Mapping[str, int]]:
        """The floor of each of some syncs that followed one another, whose windows go from one bound to the next."""
        floors: list[Mapping[str, int]] = self._ask("floors", bounds)
        return floors

    def _ask(self, name: str, *arguments: object) -> Any:
        self._here.send((name, arguments))
        return self._here.recv()


class _Segment:
    """An ASGI app: a Segment that can be slow and forget, and knows when it was asked first and last."""

    def __init__(self, write_key: str) -> None:
        self._write_key, self.latency_s = write_key, 0.0
        self.reset()

    def reset(self) -> None:
        self.ledger = SegmentLedger(keep_ids=False)
        self._app: App = segment_app(self.ledger, write_keys=[self._write_key])
        self.first_s = self.last_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.first_s = self.first_s or time.monotonic()
        slow = [Fault("", delay(self.latency_s), times=None)] if self.latency_s else []
        await FaultMiddleware(self._app, slow, "/v1/")(scope, receive, send)
        self.last_s = time.monotonic()


@dataclass(frozen=True)
class _Truth:
    """Hashes of stream, id, time and user id of all events at `now`: of those that REST surely tells, and those that it
    may have told before their message's status was overwritten. `late`: ids of late deliveries, hashed without time."""

    now: datetime
    certain: set[int]
    either_way: set[int]
    late: set[str]

    def add(self, event: Happened) -> None:
        is_late = event.kind == "delivered" and event.arrived_at != event.at
        at = "" if is_late else format_instant(event.at)
        if is_late:
            self.late.add(event.id)
        for stream in (event.stream, TRACKS):
            (self.either_way if event.beyond_rest else self.certain).add(hash((stream, event.id, at, event.user_id)))


class _Controls:
    """What the other process may ask for; each public method is one question."""

    def __init__(self, sandbox: Sandbox, segment: _Segment) -> None:
        self._sandbox, self._segment = sandbox, segment
        self._known: _Truth | None = None
        self._reset_s = 0.0

    def set_latency(self, seconds: float) -> None:
        self._sandbox.switches = replace(self._sandbox.switches, latency_s=seconds)
        self._segment.latency_s = seconds

    def move_on(self, by: timedelta) -> datetime:
        self._sandbox.now += by
        return self._sandbox.now

    def reset(self) -> None:
        self._sandbox.reset_requests()
        self._segment.reset()
        self._reset_s = time.process_time()

    def busy_s(self) -> float:
        return time.process_time() - self._reset_s

    def requests_by_resource(self) -> dict[str, int]:
        return requests_by_resource(self._sandbox)

    def delivered(self) -> Delivered:
        ledger, segment = self._segment.ledger, self._segment
        dropped = sum(ledger.dropped.values())
        return Delivered(ledger.accepted, ledger.duplicates, dropped, ledger.requests, segment.first_s, segment.last_s)

    def count_events(self) -> int:
        return sum(1 for _ in self._event_ids())

    def compare_ids(self, ids: Sequence[str]) -> Difference:
        return _compare(map(hash, self._event_ids()), map(hash, ids))

    def compare_delivered(self) -> Difference:
        suffix = hashlib.sha256(self._sandbox.write_key.encode()).hexdigest()[:8]
        expected = (hash(f"{event_id}-{suffix}") for event_id in self._event_ids())
        return _compare(expected, self._segment.ledger.digests)

    def _event_ids(self) -> Iterator[str]:
        """Of what syncs up to this moment must have told."""
        return (event_id for _, event_id in self._sandbox.event_ids(until=self._sandbox.now - UNREAD))

    def compare(self, *outputs: Path) -> Difference:
        """Events by hash, for there may be millions. A late delivery has another time when it is seen pending first."""
        truth = self._truth()
        emitted, records = set[int](), 0
        for output in outputs:
            for stream, row in read_records(output):
                at = "" if row["id"] in truth.late else row["timestamp"]
                emitted.add(hash((stream, row["id"], at, row.get("user_id"))))
                records += 1
        wrong = len(emitted - truth.certain - truth.either_way)
        return Difference(len(truth.certain) // 2, len(truth.certain - emitted), wrong, records - len(emitted))

    def floors(self, bounds: Sequence[datetime]) -> list[dict[str, int]]:
        floors = [Floor(since) for since in bounds[:-1]]
        for event in self._go_through():
            place = bisect_right(bounds, event.at) - 1
            if 0 <= place < len(floors):
                floors[place].add(event)
        return [floor.requests() for floor in floors]

    def _truth(self) -> _Truth:
        """What syncs up to this moment must have told in the end."""
        if self._known is None or self._known.now != self._sandbox.now:
            deque(self._go_through(), maxlen=0)
        assert self._known
        return self._known

    def _go_through(self) -> Iterator[Happened]:
        """All that happened, for whoever wants to look at it; on the way it is remembered for comparisons."""
        truth = _Truth(self._sandbox.now, set(), set(), set())
        for event in self._sandbox.iterate_happened():
            if event.at < truth.now - UNREAD:
                truth.add(event)
            yield event
        self._known = truth


def _compare(expected: Iterable[int], arrived: Iterable[int]) -> Difference:
    """Hashes of ids, for there may be millions."""
    happened, found, count = set(expected), set[int](), 0
    for digest in arrived:
        found.add(digest)
        count += 1
    return Difference(len(happened), len(happened - found), len(found - happened), count - len(found))


def make_sandbox(messages: int, days: float = 60) -> Sandbox:
    """Serves days of three newsletters a week to all contacts and of single messages, some `messages` in all."""
    return Sandbox(account=newsletter_account(messages, days=days))


def _serve(connection: Connection, make: Callable[[], Sandbox]) -> None:
    with make() as sandbox:
        segment = _Segment(sandbox.write_key)
        controls = _Controls(sandbox, segment)
        with serving([segment]) as (segment_url,):
            connection.send(
                Places(
                    sandbox.mailjet_url,
                    sandbox.api_key,
                    sandbox.api_key_secret,
                    segment_url,
                    sandbox.write_key,
                    sandbox.start,
                    sandbox.now,
                )
            )
            while question := connection.recv():
                name, given = question
                connection.send(getattr(controls, name)(*given))


def requests_by_resource(sandbox: Sandbox) -> dict[str, int]:
    """How often Mailjet was asked for each resource."""
    return dict(Counter(request.path.removeprefix("/v3/REST/").partition("/")[0] for request in sandbox.requests))
