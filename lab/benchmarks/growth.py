"""How requests, CPU, memory and state grow with the account: `python -m lab.benchmarks.growth` prints a table.

It takes minutes for a million messages and half an hour for ten, and so is no part of `make bench`. Records are counted
and thrown away, and their number is compared with that of what happened; that each is right is what `make bench` and
the tests look at, on smaller accounts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import orjson

from lab.benchmarks.connectors import Catalog, Connectors, discover
from lab.benchmarks.figures import LostError
from lab.benchmarks.output import read_states, write_copies
from lab.benchmarks.processes import FailedRunError, Run, succeeded
from lab.benchmarks.results import to_table
from lab.benchmarks.stand_ins import StandIns, make_sandbox

_LIMIT_S = 7_200
_READ_HEAD = ("messages", "sync", "events", "requests", "per 1,000", "seconds", "CPU", "peak memory", "state")
_SENT_HEAD = ("events", "requests", "seconds", "CPU", "peak memory")


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--events", type=int, nargs="*", default=[100_000, 5_000_000], help="for the destination")
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            catalog = discover(Path(folder))
            rows = (row for messages in given.messages for row in _read(messages, catalog, Path(folder)))
            sent = _send(given.events, catalog, Path(folder))
            for line in chain(to_table(_READ_HEAD, rows), to_table(_SENT_HEAD, sent)):
                print(line, flush=True)
    except (FailedRunError, LostError) as failed:
        sys.exit(str(failed))


def _read(messages: int, catalog: Catalog, folder: Path) -> Iterator[tuple[str, ...]]:
    """A first sync of the 60 days of an account, and one a day later."""
    with StandIns(partial(make_sandbox, messages)) as stand_ins:
        connectors = Connectors(stand_ins.places, folder, catalog)
        first = succeeded(connectors.read("first", keep_records=False, limit_s=_LIMIT_S))
        happened = stand_ins.count_events()
        if first.records != 2 * happened or first.tracks != happened:
            raise LostError(
                f"{happened:,} events happened; {first.records:,} records, {first.tracks:,} of tracks, came."
            )
        yield _row(f"{messages:,}", "first", first, sum(stand_ins.requests_by_resource().values()))
        stand_ins.move_on(timedelta(days=1))
        stand_ins.reset()
        state = read_states(first.stdout)
        daily = succeeded(connectors.read("daily", state=state, keep_records=False, limit_s=_LIMIT_S))
        yield _row("", "a day later", daily, sum(stand_ins.requests_by_resource().values()))


def _row(messages: str, sync: str, done: Run, requests: int) -> tuple[str, ...]:
    events = done.records - done.tracks
    size = len(orjson.dumps(read_states(done.stdout)))
    per_1000 = f"{1_000 * requests / events:.2f}" if events else ""
    return messages, sync, f"{events:,}", f"{requests:,}", per_1000, *_cost(done), f"{size:,} bytes"


def _send(sizes: Sequence[int], catalog: Catalog, folder: Path) -> Iterator[tuple[str, ...]]:
    """The events of an account, each so many times that they are about as many as wanted, through a pipe."""
    with StandIns(partial(make_sandbox, 20_000)) as stand_ins:
        connectors = Connectors(stand_ins.places, folder, catalog)
        read = succeeded(connectors.read("events"))
        for events in sizes:
            pipe = folder / f"events-{events}"
            os.mkfifo(pipe)
            copies = max(1, round(events / (read.records - read.tracks)))
            writer = threading.Thread(target=_pour, args=(read.stdout, pipe, copies), daemon=True)
            writer.start()
            stand_ins.reset()
            done = succeeded(connectors.write("growth", pipe, limit_s=_LIMIT_S))
            delivered = stand_ins.delivered()
            if delivered.accepted != copies * (read.records - read.tracks) or delivered.doubled:
                raise LostError(f"Of {copies * (read.records - read.tracks):,} events Segment got this: {delivered}.")
            yield f"{delivered.accepted:,}", f"{delivered.requests:,}", *_cost(done)


def _pour(read: Path, pipe: Path, copies: int) -> None:
    """Writes into a pipe; a reader that ends early says so itself."""
    with suppress(BrokenPipeError):
        write_copies(read, pipe, copies=copies)


def _cost(done: Run) -> tuple[str, str, str]:
    return f"{done.took_s:,.0f} s", f"{done.cpu_s:,.0f} s", f"{done.peak_bytes / 1e6:,.0f} MB"


if __name__ == "__main__":
    main()
