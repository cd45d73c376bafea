"""The funnel of each campaign, as the terminal shows it: the metrics of `analytics/metrics.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from mailjet_segment.analytics.metrics import metrics

Figures = Mapping[str, float | None]
"""Metrics by their columns in the models; None where there is nothing to divide by."""


@dataclass(frozen=True)
class Funnel:
    """The metrics of one campaign, or of all together; `campaign_id` is empty for messages of none."""

    campaign_id: str
    campaign_name: str | None
    figures: Figures


def read_funnels(connection: duckdb.DuckDBPyConnection) -> list[Funnel]:
    """A funnel for each campaign, the largest first, from answers (`analytics/answers.py`)."""
    columns = [column for metric in metrics().values() for column in metric.columns]
    found = connection.execute(
        f"SELECT campaign_id, campaign_name, {', '.join(columns)} FROM mailjet__campaigns "
        "ORDER BY delivered DESC, opened_people DESC, campaign_id"
    )
    return [
        Funnel(campaign_id, name, dict(zip(columns, values, strict=True)))
        for campaign_id, name, *values in found.fetchall()
    ]


def read_total(connection: duckdb.DuckDBPyConnection) -> Funnel:
    """All campaigns in one: rates do not add up, so they are computed of the messages."""
    expressions = {column: sql for metric in metrics().values() for column, sql in metric.expressions.items()}
    row = connection.execute(f"SELECT {', '.join(expressions.values())} FROM mailjet__messages").fetchone()
    return Funnel("", None, dict(zip(expressions, row or (), strict=True)))
