"""How many requests syncs need, one after another on an account whose clock moves on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from lab.benchmarks.connectors import Connectors
from lab.benchmarks.output import read_states
from lab.benchmarks.processes import Run, succeeded
from lab.benchmarks.stand_ins import UNREAD, Difference, StandIns


@dataclass(frozen=True)
class Synced:
    """One sync: how much it emitted, what it asked for, and what it could not do without."""

    what: str
    events: int
    by_resource: Mapping[str, int]
    floors: Mapping[str, int]
    """The fewest requests that could tell the same, by what is listed."""
    run: Run
    state_bytes: int

    @property
    def requests(self) -> int:
        """All requests of the sync."""
        return sum(self.by_resource.values())

    @property
    def floor(self) -> int:
        """The fewest that could have told the same, all together."""
        return sum(self.floors.values())

    @property
    def is_quiet(self) -> bool:
        """Whether no unsubscribe, complaint or late delivery had to be looked up one by one."""
        return not self.floors["histories"]

    @property
    def per_1000(self) -> float:
        """Requests per 1,000 events, 0 where there were none."""
        return 1_000 * self.requests / self.events if self.events else 0.0


@dataclass(frozen=True)
class Requests:
    """A first sync, those after it, and whether all together told the truth."""

    syncs: list[Synced]
    difference: Difference


def measure_requests(
    stand_ins: StandIns, connectors: Connectors, steps: Mapping[str, timedelta], say: Callable[[str], None]
) -> Requests:
    """A first sync of everything, and one more after each of the named `steps` of the account's clock."""
    runs: list[Run] = []
    by_resource: list[Mapping[str, int]] = []
    bounds, state = [stand_ins.places.start], list[dict[str, Any]]()
    for what, step in steps.items():
        now = stand_ins.move_on(step)
        stand_ins.reset()
        runs.append(succeeded(connectors.read(f"sync-{len(runs)}", state=state)))
        by_resource.append(stand_ins.requests_by_resource())
        bounds.append(now - UNREAD)
        state = read_states(runs[-1].stdout)
        say(f"  {what}: {sum(by_resource[-1].values()):,} requests in {runs[-1].took_s:.1f} s")
    steps_done = zip(steps, runs, by_resource, stand_ins.floors(bounds), strict=True)
    return Requests([_synced(*step_done) for step_done in steps_done], stand_ins.compare(*(run.stdout for run in runs)))


def _synced(what: str, run: Run, by_resource: Mapping[str, int], floors: Mapping[str, int]) -> Synced:
    size = len(orjson.dumps(read_states(run.stdout)))
    return Synced(what, run.records - run.tracks, by_resource, floors, run, size)
