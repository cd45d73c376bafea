"""The source beside Airbyte's own connector, both against the same stand-in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from statistics import median

from lab.benchmarks.connectors import UNLIMITED, Connectors
from lab.benchmarks.figures import Contender, LostError, Sample
from lab.benchmarks.output import read_records
from lab.benchmarks.peers import Peers
from lab.benchmarks.processes import FailedRunError, Run, run, succeeded
from lab.benchmarks.stand_ins import StandIns

_LIMITS = Path(__file__).with_name("limits.py")


@dataclass(frozen=True)
class SourceTrial:
    """What is needed to run sources against an account: its stand-ins, the connectors, a folder for files."""

    stand_ins: StandIns
    connectors: Connectors
    peers: Peers | None
    folder: Path

    def contenders(
        self,
        *,
        stop_after_s: float,
        streams: Collection[str] = (),
        max_requests_per_second: int | None = None,
        with_limit: bool = False,
    ) -> list[Contender]:
        """This source, the peers where there are any, and the shortest program that shows what is possible at all.

        `streams`: those that this source reads; all by default.
        A peer is stopped `stop_after_s` after its first record: its rate does not change, and with latency it would
        read for minutes.
        """
        budget = max_requests_per_second
        found = [Contender("source-mailjet-segment", lambda: self._ours(budget, streams))]
        for peer_page in (100, 1_000) if self.peers else ():
            found.append(
                Contender(f"Airbyte's connector, pages of {peer_page:,}", self._peer(peer_page, stop_after_s, budget))
            )
        if with_limit:
            found.append(Contender("the limit: requests and orjson in a loop, 1,000 a page", self._limit))
        return found

    @property
    def read(self) -> Path:
        """What this source printed when it was last measured: all that happened in the account."""
        return self.folder / "source.out"

    def _ours(self, budget: int | None, streams: Collection[str]) -> Sample:
        self.stand_ins.reset()
        name = "source" if not streams else "source-alone"
        done = succeeded(self.connectors.read(name, streams=streams, max_requests_per_second=budget or UNLIMITED))
        events = done.records - done.tracks
        sample = self._sample(done, sum(self.stand_ins.requests_by_resource().values()))
        self._require_true(done, streams)
        return replace(sample, cpu_us_each=(done.cpu_s - self._cpu_s_without_events) / events * 1e6)

    @cached_property
    def _cpu_s_without_events(self) -> float:
        """The median CPU of a few runs that find nothing: to start, to ask, and to end."""
        start = self.stand_ins.places.now - timedelta(seconds=20)
        return median(succeeded(self.connectors.read("source-empty", start=start)).cpu_s for _ in range(3))

    def _require_true(self, done: Run, streams: Collection[str]) -> None:
        """Raises `LostError` unless a run told what happened, or, of some streams, what the run of all has told."""
        if streams:
            emitted, expected = _ids(done.stdout, streams), _ids(self.read, streams)
            if emitted != expected:
                raise LostError(
                    f"The source emitted {len(emitted):,} events of {', '.join(streams)}, not {len(expected):,}."
                )
            return
        difference = self.stand_ins.compare(done.stdout)
        if not difference.is_none:
            raise LostError(f"The source did not tell what happened: {difference}.")

    def _peer(self, page_size: int, stop_after_s: float, budget: int | None) -> Callable[[], Sample]:
        def measure() -> Sample:
            assert self.peers
            places = self.stand_ins.places
            self.stand_ins.reset()
            done = self.peers.read_messages(
                places.mailjet_url,
                places.api_key,
                places.api_key_secret,
                self.folder,
                page_size=page_size,
                reading_limit_s=stop_after_s,
                max_requests_per_second=budget,
            )
            read = done if done.timed_out else succeeded(done)
            return self._sample(read, -(-read.records // page_size))

        return measure

    def _limit(self) -> Sample:
        self.stand_ins.reset()
        done = self._limits("read")
        return self._sample(done, sum(self.stand_ins.requests_by_resource().values()))

    def pages_per_s(self) -> float:
        """How many pages of 1,000 messages the stand-in serves a second."""
        return float(self._limits("fetch").stdout.read_text("ascii"))

    def _limits(self, command: str) -> Run:
        places = self.stand_ins.places
        account = (places.mailjet_url, places.api_key, places.api_key_secret)
        given: list[str | Path] = [sys.executable, _LIMITS, command, *account]
        return succeeded(run(given, self.folder, name=f"limit-{command}"))

    def _sample(self, done: Run, requests: int) -> Sample:
        events = done.records - done.tracks
        if not done.reading_s:
            raise FailedRunError(
                f"{done.stdout.stem} printed too few records in {done.took_s:.1f} s to tell its speed."
            )
        return Sample(
            per_s=events / done.reading_s,
            per_s_in_all=None if done.timed_out else events / done.took_s,
            first_s=done.first_record_s,
            per_1000=1_000 * requests / events,
            peak_bytes=done.peak_bytes,
            cpu_s=done.cpu_s,
            stand_in_busy=self.stand_ins.busy_s() / done.took_s,
        )


def _ids(output: Path, streams: Collection[str]) -> Sequence[str]:
    return sorted(row["id"] for stream, row in read_records(output) if stream in streams)
