"""The down-funnel: conversions, and the email that a person touched before each, as `mailjet__down_funnel` decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.campaigns import NAMELESS

MOST = 100


@dataclass(frozen=True)
class Touch:
    """Conversions by the touch before them: how many, of how many people, and their value."""

    name: str
    conversions: int
    people: int
    value: float


@dataclass(frozen=True)
class Converted:
    """The conversions of a campaign, beside those of its recipients in an equal span before and after it."""

    name: str
    coverage: float
    attributed: int
    value: float
    before: int
    after: int


@dataclass(frozen=True)
class Conversions:
    """All conversions; those after a click, after an open and after neither; and the campaigns that have some."""

    events: Sequence[str]
    whole: Touch
    touches: Sequence[Touch]
    campaigns: Sequence[Converted]


_TOUCHES = {"click": "After a click", "open": "After an open", None: "Not attributed to an email"}
_COUNTED = "count(*), count(DISTINCT user_id), coalesce(sum(value), 0)"


def read_conversions(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str]) -> Conversions | None:
    """None if there is no such model, because nobody named a table of conversions."""
    there = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'mailjet__down_funnel'").fetchone()
    if not there:
        return None
    [whole] = connection.execute(f"SELECT {_COUNTED} FROM mailjet__down_funnel").fetchall()
    touches = connection.execute(f"SELECT touch, {_COUNTED} FROM mailjet__down_funnel GROUP BY 1").fetchall()
    by_touch = {touch: counts for touch, *counts in touches}
    campaigns = connection.execute(
        f"SELECT coalesce(nullif(campaign_name, ''), nullif(campaign_id, ''), '{NAMELESS}'), identity_coverage,"
        " conversions_attributed, value_attributed, conversions_before, conversions_after"
        " FROM mailjet__down_funnel_campaigns"
        " WHERE conversions_attributed + conversions_before + conversions_after > 0"
        f" ORDER BY value_attributed DESC, conversions_attributed DESC, 1, campaign_id LIMIT {MOST}"
    ).fetchall()
    events = connection.execute("SELECT DISTINCT conversion_event FROM mailjet__down_funnel ORDER BY 1").fetchall()
    return Conversions(
        [clean(event) for (event,) in events],
        Touch("All", *whole),
        [Touch(title, *by_touch.get(touch, (0, 0, 0))) for touch, title in _TOUCHES.items()],
        [Converted(clean(name), *figures) for name, *figures in campaigns],
    )
