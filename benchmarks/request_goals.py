"""How many requests syncs need, one after another on an account whose clock moves on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from benchmarks.connectors import Connectors
from benchmarks.output import count_records, read_states
from benchmarks.processes import Run, succeeded
from benchmarks.stand_ins import UNREAD, Difference, StandIns, Window
from segment_events.kinds import TRACKS


@dataclass(frozen=True)
class Synced:
    """One sync: what it emitted, what it asked for, and what happened in its window."""

    what: str
    events: int
    asked: Mapping[str, int]
    window: Window
    run: Run
    state_bytes: int

    @property
    def requests(self) -> int:
        """All requests of the sync."""
        return sum(self.asked.values())

    @property
    def floor(self) -> int:
        """The fewest that could have told the same."""
        return sum(self.window.floor.values())

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
    stand_ins: StandIns,
    connectors: Connectors,
    steps: Mapping[str, timedelta],
    say: Callable[[str], None],
) -> Requests:
    """A first sync of everything, and one more after each of the named `steps` of the account's clock."""
    syncs: list[Synced] = []
    since, now, state = stand_ins.places.start, stand_ins.places.now, list[dict[str, Any]]()
    for number, (what, step) in enumerate(steps.items()):
        now = stand_ins.move_on(step) if number else now
        stand_ins.reset()
        done = succeeded(connectors.read(f"sync-{number}", state=state))
        state, records = read_states(done.stdout), count_records(done.stdout)
        window = stand_ins.window(since, now - UNREAD)
        events, size = records.total() - records[TRACKS], len(orjson.dumps(state))
        syncs.append(Synced(what, events, stand_ins.asked(), window, done, size))
        since = now - UNREAD
        say(f"  {what}: {syncs[-1].requests:,} requests for {syncs[-1].events:,} events in {done.took_s:.1f} s")
    return Requests(syncs, stand_ins.compare(*(one.run.stdout for one in syncs)))
