"""The destination beside Segment's own Python client, both against the same stand-in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.benchmarks.connectors import Connectors
from lab.benchmarks.figures import Contender, LostError, Sample
from lab.benchmarks.output import write_calls, write_copies
from lab.benchmarks.peers import Peers
from lab.benchmarks.processes import Run, run, succeeded
from lab.benchmarks.stand_ins import StandIns

NUM_WORKERS = 8
DEFAULTS = "defaults"

_LIMITS = Path(__file__).with_name("limits.py")
_OWN_QUEUE, _NO_BOUND = 10_000, 0


@dataclass(frozen=True)
class Load:
    """What is sent: a file of Airbyte records, and one of as many of them as track calls as the client gets."""

    records: Path
    events: int
    calls: Path
    called: int


@dataclass(frozen=True)
class DestinationTrial:
    """What is needed to run destinations: the stand-ins, the connectors, a folder for files."""

    stand_ins: StandIns
    connectors: Connectors
    peers: Peers | None
    folder: Path

    def load(self, read: Path, copies: int, calls: int) -> Load:
        """What is to be sent, from what a source printed: `copies` of its events, at most `calls` for the client."""
        records, called = self.folder / f"records-{copies}.jsonl", self.folder / f"calls-{calls}.jsonl"
        return Load(
            records, write_copies(read, records, copies=copies), called, write_calls(records, called, limit=calls)
        )

    def contenders(self, load: Load, *, unbounded: bool = False, with_limit: bool = False) -> list[Contender]:
        """This destination, Segment's client (also with a queue without bound, if wanted), and the shortest program."""
        found = [Contender(f"destination-segment, {NUM_WORKERS} workers", lambda: self._ours(load))]
        if self.peers and unbounded:
            found.append(Contender("segment-analytics-python, queue without bound", self._peer(load, _NO_BOUND)))
        if self.peers:
            found.append(Contender(f"segment-analytics-python, {DEFAULTS}", self._peer(load, _OWN_QUEUE)))
        if with_limit:
            found.append(Contender("the limit: 490 KB batches by requests, 4 threads", lambda: self._limit(load)))
        return found

    def _ours(self, load: Load) -> Sample:
        self.stand_ins.reset()
        done = self.connectors.write("destination", load.records, num_workers=NUM_WORKERS)
        sample = self._sample(succeeded(done), load.events)
        if sample.lost or self.stand_ins.delivered().doubled:
            raise LostError(f"Of {load.events:,} events Segment got this: {self.stand_ins.delivered()}.")
        return sample

    def _peer(self, load: Load, queue_size: int) -> Callable[[], Sample]:
        def measure() -> Sample:
            assert self.peers
            places = self.stand_ins.places
            self.stand_ins.reset()
            done = self.peers.send(load.calls, places.segment_url, places.write_key, self.folder, queue_size=queue_size)
            return self._sample(succeeded(done), load.called)

        return measure

    def _limit(self, load: Load) -> Sample:
        places = self.stand_ins.places
        self.stand_ins.reset()
        given: list[str | Path] = [sys.executable, _LIMITS, "post", places.segment_url, places.write_key, load.records]
        return self._sample(succeeded(run(given, self.folder, name="limit-post")), load.events)

    def _sample(self, done: Run, given: int) -> Sample:
        delivered = self.stand_ins.delivered()
        return Sample(
            per_s=delivered.per_s,
            per_s_in_all=delivered.accepted / done.took_s,
            first_s=None,
            per_1000=1_000 * delivered.requests / delivered.accepted,
            peak_bytes=done.peak_bytes,
            cpu_s=done.cpu_s,
            stand_in_busy=self.stand_ins.busy_s() / done.took_s,
            lost=given - delivered.accepted,
        )
