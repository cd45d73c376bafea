"""A sync: read what is new into DuckDB once, then hand what a destination has not accepted from there to it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from mailjet_segment.connectors import Connectors, check_destination, check_source
from mailjet_segment.delivering import Delivery, deliver
from mailjet_segment.failure import Failure
from mailjet_segment.funnel import Funnel, read_funnels
from mailjet_segment.outbox import Outbox, destination_key
from mailjet_segment.progress import Progress
from mailjet_segment.pyairbyte import load_pyairbyte
from mailjet_segment.reading import read_into_duckdb
from mailjet_segment.warehouse import drop_leftovers, open_warehouse, row_counts, tables

STOPPED = "Stopped. What was read is kept; run this again to go on from there."


@dataclass(frozen=True)
class Plan:
    """What to sync: the configurations, the DuckDB file, the connectors; no destination means DuckDB alone."""

    source_config: Mapping[str, Any]
    destination_config: Mapping[str, Any] | None
    database: Path
    connectors: Connectors


@dataclass(frozen=True)
class Outcome:
    """What a sync did. `failures` are sentences for the user; what is done is done all the same."""

    rows_before: Mapping[str, int]
    rows_after: Mapping[str, int]
    accepted: Counter[str]
    funnels: list[Funnel]
    failures: list[str] = field(default_factory=list)

    @property
    def did_something(self) -> bool:
        """Whether anything was read or accepted."""
        return self.rows_before != self.rows_after or bool(self.accepted)


def sync(plan: Plan, progress: Progress, now: Callable[[], datetime], stop: threading.Event) -> Outcome:
    """Do what `plan` says; raises `Failure` only for what keeps it from beginning or from keeping what was read.

    Each event is asked of Mailjet once; what the destination gets comes out of DuckDB. Reading and delivering stand on
    their own: if Mailjet fails half-way, what was read is delivered; if Segment fails, the next sync delivers it.
    """
    with open_warehouse(plan.database) as connection:
        drop_leftovers(connection)
        before = row_counts(connection)
        source_is_new, destination_is_new = not tables(connection), _is_new_destination(plan, connection)
        gets_history = destination_is_new and any(before.values())
    try:
        _check(plan, source_is_new, destination_is_new, progress)
        if gets_history:
            progress.say("This write key has had none of these events yet, so it gets all that the database holds.")
        unread = _read(plan, progress, stop)
    except Failure:
        if stop.is_set():
            raise Failure(STOPPED) from None
        raise
    with open_warehouse(plan.database) as connection:
        delivery = _deliver(plan, connection, progress, now, stop)
        after, funnels = row_counts(connection), read_funnels(connection)
    return Outcome(
        before, after, delivery.accepted, funnels, _failures(unread, delivery.failure, after != before, stop)
    )


def _is_new_destination(plan: Plan, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the destination has accepted nothing of this database."""
    if plan.destination_config is None:
        return False
    key = destination_key(plan.destination_config)
    return key not in Outbox(connection, key).destinations()


def _check(plan: Plan, source_is_new: bool, destination_is_new: bool, progress: Progress) -> None:
    """The source is checked before its first use only: a check costs requests, and its work fails as clearly."""
    load_pyairbyte()
    if source_is_new:
        check_source(plan.connectors.source, plan.source_config, progress)
    if plan.destination_config is not None and destination_is_new:
        check_destination(plan.connectors.destination, plan.destination_config, progress)


def _read(plan: Plan, progress: Progress, stop: threading.Event) -> str | None:
    with progress.step("Events read from Mailjet into DuckDB") as step:
        return read_into_duckdb(plan.connectors.source, plan.source_config, plan.database, step, stop)


def _deliver(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    progress: Progress,
    now: Callable[[], datetime],
    stop: threading.Event,
) -> Delivery:
    config = plan.destination_config
    if config is None or stop.is_set():
        return Delivery(Counter())
    outbox = Outbox(connection, destination_key(config))
    if not outbox.waiting():
        check_destination(plan.connectors.destination, config, progress)  # else a mistake in it would go unnoticed
    with progress.step("Events handed to Segment") as step:
        return deliver(plan.connectors.destination, config, outbox, step, now, stop)


def _failures(unread: str | None, undelivered: str | None, changed: bool, stop: threading.Event) -> list[str]:
    if stop.is_set():
        return [STOPPED]
    failures = []
    if unread:
        failures.append(f"Reading ended early, what was read is kept: {unread}" if changed else unread)
    if undelivered:
        failures.append(f"Handing over to Segment ended early, the next sync goes on from there: {undelivered}")
    return failures
