"""The campaigns, the largest first, each with its figures and the curve of its opens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.audience import AUDIENCES, Figure, each_audience, figure_of
from mailjet_segment.report.instants import seconds

CURVE_HOURS = 48
CURVE_STEPS = 16
_STEP_S = CURVE_HOURS * 3600 // CURVE_STEPS

FIGURES = (
    "messages",
    "delivered",
    "delivery_rate",
    "open_rate",
    "click_rate",
    "click_to_open_rate",
    "hard_bounce_rate",
    "soft_bounce_rate",
    "unsubscribed",
    "unsubscribe_rate",
    "complained",
    "complaint_rate",
)
"""Columns of `mailjet__campaigns`, without the suffix of an audience."""

NAMELESS = "No campaign"


@dataclass(frozen=True)
class Campaign:
    """A campaign. `curve`: for each audience, first opens by time since the message was sent."""

    campaign_id: str
    name: str
    subject: str
    sent_at: int | None
    figures: Mapping[str, Figure]
    curve: tuple[Sequence[int], ...]

    def count(self, name: str) -> int:
        """A figure that is a count and does not depend on the audience."""
        return int(self.figures[name].of_people or 0)


def read_campaigns(connection: duckdb.DuckDBPyConnection, clean: Callable[[object], str]) -> list[Campaign]:
    """All campaigns; `clean` is applied to their names and subjects."""
    curves = _read_curves(connection)
    found = connection.execute(
        f"SELECT *, {seconds('first_sent_at')} AS sent_s FROM mailjet__campaigns ORDER BY messages DESC, campaign_id"
    )
    names = [column[0] for column in found.description or ()]
    campaigns = []
    for values in found.fetchall():
        row = dict(zip(names, values, strict=True))
        key, name, subject = row["campaign_id"] or "", clean(row["campaign_name"]), clean(row["email_subject"])
        figures = {figure: figure_of(row, figure) for figure in FIGURES}
        curve = tuple(curves[key, audience.name] for audience in AUDIENCES)
        campaigns.append(Campaign(key, name or key or NAMELESS, subject, row["sent_s"], figures, curve))
    return campaigns


def _read_curves(connection: duckdb.DuckDBPyConnection) -> Mapping[tuple[str, str], list[int]]:
    curves: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * CURVE_STEPS)
    parts = each_audience(
        lambda name, opened_at: (
            f"""
        SELECT coalesce(campaign_id, ''), '{name}', (epoch({opened_at}) - epoch(sent_at))::BIGINT // {_STEP_S}, count(*)
        FROM mailjet__messages WHERE opened_{name} AND epoch({opened_at}) >= epoch(sent_at)
        AND epoch({opened_at}) < epoch(sent_at) + {CURVE_HOURS * 3600} GROUP BY 1, 2, 3"""
        )
    )
    for key, name, step, count in connection.execute(parts).fetchall():
        curves[key, name][step] = count
    return curves
