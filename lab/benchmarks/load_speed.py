"""How many events a second a load brings from a store into a warehouse: `python -m lab.benchmarks.load_speed`.

Into DuckDB and, if it is installed, PostgreSQL: a first load, which appends; the same again, which merges; and a load
of nothing new. Each is a process of its own, timed from its start to its end, imports included. Each event is two rows,
one in its table and one in `tracks`. With two numbers of events the table shows whether memory is flat.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

from event_store.store import Store
from event_store.values import Post, Waiting
from lab.benchmarks import store_speed
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.results import to_table
from lab.postgres import find_programs, running
from mailjet_segment.loads.loading import load
from mailjet_segment.loads.target import parse_target
from segment_events.instants import format_instant
from segment_events.kinds import CLICKED, KIND_BY_NAME, OPENED

_HEAD = ("events", "into", "load", "seconds", "events a second", "CPU", "peak memory")
_POST = 500


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="*", default=[166_000, 1_070_000], help="some are repeats")
    parser.add_argument("--load", nargs=2, metavar=("STORE", "TARGET"), help="one load, as JSON; the others run it")
    given = parser.parse_args()
    if given.load:
        print(json.dumps(_load(*given.load)))
        return
    print(", ".join(f"{name} {value}" for name, value in describe_machine().items()))
    rows = (row for events in given.events for row in _measure(events))
    for line in to_table(_HEAD, rows):
        print(line, flush=True)


def _measure(events: int) -> Iterator[tuple[str, ...]]:
    """A row for each load of a store with so many events."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = f"sqlite:///{folder / 'events.db'}"
        events = _fill(store, events)
        targets = {"DuckDB": f"duckdb:///{folder / 'mailjet.duckdb'}"}
        if programs := find_programs():
            targets["PostgreSQL"] = stack.enter_context(running(programs)).database()
        for name, target in targets.items():
            yield _row(events, name, "first, appends", _run(store, target))
            _begin_again(store, target)
            yield _row(events, name, "again, merges", _run(store, target))
            yield _row(0, name, "nothing new", _run(store, target))


def _fill(address: str, events: int) -> int:
    """Stores events of the kinds and sizes that `store_speed` has, with rows; returns how many were no repeats."""
    store = Store(address)
    store.open_account(store_speed.ACCOUNT, "00000000", store_speed.NOW)
    leader = store.try_lead(store_speed.ACCOUNT)
    assert leader
    stored = 0
    for first in range(0, events, _POST):
        items = [store_speed.item(number, 0) for number in range(first, min(first + _POST, events))]
        store.receive([Post(store_speed.ACCOUNT, store_speed.NOW, items)])
        waiting = store.unresolved(store_speed.ACCOUNT, _POST, store_speed.NOW)
        stored += store.resolve(leader, [(event.inbox_id, _row_of(event)) for event in waiting])
    store.close()
    return stored


def _row_of(event: Waiting) -> Mapping[str, Any]:
    """A row with the columns that most events have."""
    _, kind_name, email_id, *_ = event.event_id.split("-")
    kind = KIND_BY_NAME[kind_name]
    body, at = json.loads(event.body), format_instant(store_speed.NOW.fromtimestamp(event.at, store_speed.NOW.tzinfo))
    row: dict[str, Any] = {
        "id": event.event_id,
        "event": kind.stream,
        "event_text": kind.event_text,
        "anonymous_id": body["email"],
        "timestamp": at,
        "original_timestamp": at,
        "received_at": format_instant(event.received_at),
        "sent_at": format_instant(event.received_at),
        "context_traits_email": body["email"],
        "context_ip": body["ip"],
        "context_user_agent": body["agent"],
        "context_integration_name": "Mailjet",
        "context_library_name": "source-mailjet-segment",
        "context_library_version": "0.1.0",
        "email_id": email_id,
        "email_subject": "Twenty per cent off all summer shoes",
        "campaign_id": str(body["mj_campaign_id"]),
        "campaign_name": "Summer",
        "custom_id": body["CustomID"],
        "contact_id": str(body["mj_contact_id"]),
        "message_uuid": body["Message_GUID"],
        "payload": body["Payload"],
    }
    if kind in {OPENED, CLICKED}:
        row |= {"agent_browser": "Chrome", "agent_platform": "Linux", "is_bot": False, "is_mobile": False}
    return row


def _begin_again(address: str, target: str) -> None:
    store = Store(address)
    store.begin_again(parse_target(target).consumer)
    store.close()


def _run(store: str, target: str) -> Mapping[str, float]:
    """The figures of a load in a process of its own."""
    began = perf_counter()
    command = [sys.executable, "-m", "lab.benchmarks.load_speed", "--load", store, target]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {**json.loads(printed), "seconds": perf_counter() - began}


def _load(address: str, target: str) -> Mapping[str, float]:
    store = Store(address)
    loaded = load(store, [store_speed.ACCOUNT], parse_target(target), threading.Event())
    store.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"events": loaded.rows.total(), "CPU": sum(os.times()[:2]), "peak": used.ru_maxrss / 1024}


def _row(events: int, target: str, name: str, figures: Mapping[str, float]) -> tuple[str, ...]:
    if figures["events"] != events:
        sys.exit(f"{figures['events']:,.0f} events were loaded, not {events:,}.")
    rate = f"{events / figures['seconds']:,.0f}" if events else ""
    seconds, cpu = f"{figures['seconds']:.1f} s", f"{figures['CPU']:.1f} s"
    return f"{events:,}", target, name, seconds, rate, cpu, f"{figures['peak']:.0f} MB"


if __name__ == "__main__":
    main()
