"""The down-funnel: what people did later, and which email they touched before, as `mailjet__down_funnel` decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.campaigns import NAMELESS

MOST = 50


@dataclass(frozen=True)
class Converted:
    """Conversions of a campaign, or of a kind of touch: how many, of how many people, and their value."""

    name: str
    conversions: int
    people: int
    value: float


@dataclass(frozen=True)
class Conversions:
    """All conversions; those after a click, after an open and after neither; and those of each campaign."""

    events: Sequence[str]
    whole: Converted
    touches: Sequence[Converted]
    campaigns: Sequence[Converted]


_TOUCHES = {"click": "After a click", "open": "After an open", None: "Not attributed to an email"}
_COUNTED = "count(*), count(DISTINCT user_id), coalesce(sum(value), 0)"


def read_conversions(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str]) -> Conversions | None:
    """None if there is no such model, because the database has no table of conversions."""
    there = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'mailjet__down_funnel'"
    ).fetchone()
    if not there or not there[0]:
        return None
    [whole] = connection.execute(f"SELECT 'All', {_COUNTED} FROM mailjet__down_funnel").fetchall()
    touches = connection.execute(f"SELECT touch, {_COUNTED} FROM mailjet__down_funnel GROUP BY 1").fetchall()
    by_touch = {touch: counts for touch, *counts in touches}
    campaigns = connection.execute(
        f"SELECT coalesce(nullif(campaign_name, ''), nullif(campaign_id, ''), '{NAMELESS}'), {_COUNTED}"
        " FROM mailjet__down_funnel WHERE email_id IS NOT NULL GROUP BY campaign_id, 1"
        f" ORDER BY 4 DESC, 2 DESC, 1 LIMIT {MOST}"
    ).fetchall()
    events = connection.execute("SELECT DISTINCT conversion_event FROM mailjet__down_funnel ORDER BY 1").fetchall()
    return Conversions(
        [clean(event) for (event,) in events],
        Converted(*whole),
        [Converted(title, *by_touch.get(touch, (0, 0, 0))) for touch, title in _TOUCHES.items()],
        [Converted(clean(name), *counts) for name, *counts in campaigns],
    )
