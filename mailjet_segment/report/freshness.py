"""How far the data reach, and their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

import duckdb

from mailjet_segment.report.instants import gaps, seconds, slot, to_local

KINDS = ("delivered", "opened", "clicked", "unsubscribed", "bounced", "complained", "blocked")


@dataclass(frozen=True)
class Span:
    """The events of a kind: how many, the first, the last, and when the last was received (Unix seconds)."""

    kind: str
    events: int
    first: int | None
    last: int | None
    received: int | None


@dataclass(frozen=True)
class Freshness:
    """The kinds of event, all of them together, and the days without any event between the first and the last."""

    kinds: Sequence[Span]
    whole: Span
    gaps: Sequence[tuple[date, date]]

    @property
    def missing(self) -> int:
        """How many days the gaps have."""
        return sum((last - first).days + 1 for first, last in self.gaps)


def read_freshness(connection: duckdb.DuckDBPyConnection, zone: tzinfo) -> Freshness:
    """Of the events in the report."""
    found = connection.execute(
        f"SELECT kind, count(*), min({seconds('happened_at')}), max({seconds('happened_at')}),"
        f" max({seconds('received_at')}) FROM mailjet__events GROUP BY 1"
    ).fetchall()
    by_kind = {kind: Span(kind, *values) for kind, *values in found}
    kinds = [by_kind.get(kind, Span(kind, 0, None, None, None)) for kind in KINDS]
    there = [span for span in kinds if span.events]
    whole = Span(
        "all",
        sum(span.events for span in there),
        min((span.first for span in there if span.first is not None), default=None),
        max((span.last for span in there if span.last is not None), default=None),
        max((span.received for span in there if span.received is not None), default=None),
    )
    slots = connection.execute(f"SELECT DISTINCT {slot('happened_at')} FROM mailjet__events").fetchall()
    return Freshness(kinds, whole, gaps(to_local(second, zone).date() for (second,) in slots))
