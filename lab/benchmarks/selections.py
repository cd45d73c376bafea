"""How many requests a selection of streams needs, on four accounts.

`python -m lab.benchmarks.selections` prints a table.

All seven streams, each alone, all with one that was cleared, and a first sync that was cut off after its deliveries and
goes on. It takes some minutes, and so is no part of `make bench`.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from lab.benchmarks.connectors import Catalog, Connectors, discover
from lab.benchmarks.output import read_states
from lab.benchmarks.processes import FailedRunError, succeeded
from lab.benchmarks.results import to_table
from lab.benchmarks.stand_ins import StandIns
from mailjet_reading.feeds.feeds import FEEDS, MESSAGES
from mailjet_reading.state import begin_feed
from mailjet_sandbox.clock import DEFAULT_NOW
from mailjet_sandbox.computed_account import NEWSLETTER_RATES, ComputedAccount, newsletter_account
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import TRACKS

_CLEARED = "email_opened"
_ON_THE_WAY = timedelta(hours=9, minutes=45)
"""From the sandbox's midnight to the middle of a newsletter's sending."""


@dataclass(frozen=True)
class Measured:
    """An account, when its first sync runs, and how much later the next one does, where there is one."""

    make: Callable[[], Sandbox]
    after: timedelta = timedelta(0)
    next_after: timedelta | None = None


def _newsletter(**rates: float) -> Sandbox:
    return Sandbox(account=newsletter_account(20_000, days=30, rates=replace(NEWSLETTER_RATES, **rates)))


def _account(days: int, contacts: int, newsletters_per_week: int, singles_per_day: float, **rates: float) -> Sandbox:
    start = int((DEFAULT_NOW - timedelta(days=days)).timestamp())
    changed = replace(NEWSLETTER_RATES, **rates)
    return Sandbox(
        account=ComputedAccount(1, start, days + 1, contacts, newsletters_per_week, singles_per_day, changed)
    )


ACCOUNTS: Mapping[str, Measured] = {
    "newsletter": Measured(_newsletter),
    "10,000 contacts, 15 % without data": Measured(partial(_account, 14, 10_000, 1, 100, erased=0.15)),
    "20,000 alerts to 3 contacts": Measured(partial(_account, 30, 3, 0, 667, bounced=0.08)),
    "newsletter in flight, and 8 hours later": Measured(
        partial(_newsletter, late=0.3), _ON_THE_WAY, timedelta(hours=8)
    ),
}


def main() -> None:
    """Measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", nargs="*", default=list(ACCOUNTS), help="some of them, by the head of the column")
    given = parser.parse_args()
    columns: dict[str, dict[str, str]] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            catalog = discover(Path(folder))
            for name in given.accounts:
                columns[name] = dict(_measure(ACCOUNTS[name], catalog, Path(folder)))
    except FailedRunError as failed:
        sys.exit(str(failed))
    selections = next(iter(columns.values()))
    rows = [(selection, *(column[selection] for column in columns.values())) for selection in selections]
    for line in to_table(("requests of a first sync", *columns), rows):
        print(line, flush=True)


def _measure(measured: Measured, catalog: Catalog, folder: Path) -> Iterator[tuple[str, str]]:
    """What is selected, and how many requests that took."""
    with StandIns(measured.make) as stand_ins:
        stand_ins.move_on(measured.after)
        count = partial(_count, measured, stand_ins, folder)
        count_of_all, states = count(catalog)
        yield "all seven", count_of_all
        for stream in catalog:
            yield f"`{stream['stream']['name']}` alone", count([stream])[0]
        kept = [state for state in states if _stream(state) != _CLEARED]
        yield f"all, `{_CLEARED}` cleared", count(catalog, kept)[0]
        yield "all, cut off after the deliveries", count(catalog, list(_as_of_deliveries(states)))[0]


def _count(
    measured: Measured, stand_ins: StandIns, folder: Path, catalog: Catalog, states: Sequence[dict[str, Any]] = ()
) -> tuple[str, list[dict[str, Any]]]:
    """The requests of a sync, and of the one after it; the states that the first left."""
    connectors = Connectors(stand_ins.places, folder, catalog)
    stand_ins.reset()
    states = read_states(succeeded(connectors.read("first", state=states)).stdout)
    requests = f"{sum(stand_ins.requests_by_resource().values()):,}"
    if measured.next_after:
        stand_ins.reset()
        stand_ins.move_on(measured.next_after)
        succeeded(connectors.read("next", state=states))
        requests += f" + {sum(stand_ins.requests_by_resource().values()):,}"
        stand_ins.move_on(-measured.next_after)
    return requests, states


def _as_of_deliveries(states: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the states of a first sync were when it had read the deliveries to their end, and nothing else."""
    unread = {feed.name: begin_feed(feed).to_json() for feed in FEEDS if feed is not MESSAGES}
    for state in map(copy.deepcopy, states):
        if _stream(state) == TRACKS:
            state["stream"]["stream_state"]["feeds"] |= unread
        if MESSAGES.name in state["stream"]["stream_state"]["feeds"]:
            yield state


def _stream(state: Mapping[str, Any]) -> str:
    return str(state["stream"]["stream_descriptor"]["name"])


if __name__ == "__main__":
    main()
