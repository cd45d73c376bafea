"""A sync: read new events into DuckDB once, then hand the destination all events that it has not accepted yet."""

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
from mailjet_segment.delivering import Delivery, deliver, segment_place
from mailjet_segment.funnel import Funnel, read_funnels
from mailjet_segment.history import Wishes, decide_history
from mailjet_segment.loading import drop_leftovers
from mailjet_segment.outbox import Outbox, destination_key
from mailjet_segment.progress import Progress
from mailjet_segment.reading import read_into_duckdb
from mailjet_segment.views import make_views
from mailjet_segment.warehouse import (
    STREAMS,
    Waiting,
    open_warehouse,
    refuse_foreign_tables,
    refuse_impossible,
    row_counts,
    tables,
)
from program.failure import Failure

STOPPED = "Stopped. What was read is kept; run this again to go on from there."


@dataclass(frozen=True)
class Plan:
    """The plan of a sync: the configurations, the DuckDB file, the connectors; no destination means DuckDB alone."""

    source_config: Mapping[str, Any]
    destination_config: Mapping[str, Any] | None
    database: Path
    connectors: Connectors
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True)
class Outcome:
    """The result of a sync. `failures` are sentences for the user; the other fields hold even if there are some."""

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
    """Carry out `plan`; raises `Failure` only if the sync cannot begin, or cannot keep the rows that were read.

    Each event is read from Mailjet once; the destination gets it from DuckDB. Reading and delivering do not depend on
    each other: if Mailjet fails half-way, the rows so far are delivered; if Segment fails, the next sync delivers them.
    """
    waiting = Waiting(progress.warn, stop.wait)
    try:
        before = _begin(plan, progress, waiting, now(), stop)
        with progress.step("Events read from Mailjet into DuckDB") as step:
            unread = read_into_duckdb(plan.connectors.source, plan.source_config, plan.database, step, stop)
    except Failure:
        if stop.is_set():
            raise Failure(STOPPED) from None
        raise
    with open_warehouse(plan.database, waiting) as connection:
        drop_leftovers(connection)
        make_views(connection)
        delivery = _deliver(plan, connection, progress, now, stop)
        after, funnels = row_counts(connection), read_funnels(connection)
    return Outcome(
        before, after, delivery.accepted, funnels, _failures(unread, delivery.failure, after != before, stop)
    )


def _begin(plan: Plan, progress: Progress, waiting: Waiting, now: datetime, stop: threading.Event) -> Mapping[str, int]:
    """Rows of each table before the sync, which may begin.

    The source is checked before its first use only: a check costs requests, and its work fails as clearly. No database
    is made before that, so that a mistake in the configuration leaves none.
    """
    before, is_first = _look(plan.database, waiting)
    if is_first:
        check_source(plan.connectors.source, plan.source_config, progress, stop)
    with open_warehouse(plan.database, waiting) as connection:
        drop_leftovers(connection)
        if plan.destination_config is not None:
            outbox = Outbox(connection, destination_key(plan.destination_config))
            connection.execute("BEGIN")  # a crash in between must not leave half a decision
            decide_history(outbox, plan.wishes, segment_place(plan.destination_config), is_first, now)
            connection.execute("COMMIT")
    return before


def _look(database: Path, waiting: Waiting) -> tuple[Mapping[str, int], bool]:
    """Rows of each table, and whether there is none yet; raises `Failure` for a database that is not for a sync."""
    refuse_impossible(database)
    if not database.exists():
        return dict.fromkeys(STREAMS, 0), True
    with open_warehouse(database, waiting) as connection:
        refuse_foreign_tables(connection, database)
        return row_counts(connection), not tables(connection)


def _deliver(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    progress: Progress,
    now: Callable[[], datetime],
    stop: threading.Event,
) -> Delivery:
    """A destination is checked before its first use: that finds a wrong address in seconds, not after all retries."""
    config = plan.destination_config
    if config is None or stop.is_set():
        return Delivery(Counter())
    outbox = Outbox(connection, destination_key(config))
    if not outbox.has_accepted():
        try:
            check_destination(plan.connectors.destination, config, progress, stop)
        except Failure as failure:
            return Delivery(Counter(), str(failure))
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
