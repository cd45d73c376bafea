"""The funnel of each campaign, from the tables that were just loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import duckdb

from mailjet_segment.views import has_events, queries


@dataclass(frozen=True)
class Funnel:
    """The messages of one campaign by their events (`campaign_funnel.sql`); every number counts messages."""

    campaign_id: str | None
    campaign_name: str | None
    delivered: int
    opened: int
    opened_of_delivered: int
    opened_only_by_bots: int
    clicked: int
    clicked_of_delivered: int
    clicked_only_by_bots: int
    unsubscribed: int
    unsubscribed_of_delivered: int
    bounced: int
    bounced_or_delivered: int
    spam: int
    spam_of_delivered: int


def read_funnels(connection: duckdb.DuckDBPyConnection) -> list[Funnel]:
    """A funnel for each campaign, the largest first; none if a table is missing, as before the first sync."""
    if not has_events(connection):
        return []
    return [Funnel(*row) for row in connection.execute(queries()["campaign_funnel"]).fetchall()]


def total(funnels: Iterable[Funnel]) -> Funnel:
    """All campaigns in one."""
    rows = list(funnels)
    counts = {column.name: sum(getattr(row, column.name) for row in rows) for column in fields(Funnel)[2:]}
    return Funnel(campaign_id=None, campaign_name=None, **counts)
