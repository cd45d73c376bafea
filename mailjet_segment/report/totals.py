"""Every metric over all messages of the report, by the conditions of `metrics.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from mailjet_segment.analytics.metrics import Metric, metrics
from mailjet_segment.report.audience import Figure


@dataclass(frozen=True)
class Total:
    """A metric and its figure; `counted` and `whole`: of how many messages its two conditions hold. A duration counts
    those that have one.
    """

    metric: Metric
    figure: Figure
    counted: Figure
    whole: Figure


def read_totals(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Total]:
    """The metrics by name, in the order of `metrics.yml`."""
    known = metrics()
    columns = [
        column
        for metric in known.values()
        for audience in metric.audiences
        for column in (metric.expression(audience), metric.counted(audience), metric.whole(audience))
    ]
    row = connection.execute(f"SELECT {', '.join(columns)} FROM mailjet__messages").fetchone()
    assert row is not None
    values, totals = iter(row), {}
    for metric in known.values():
        triples = [(next(values), next(values), next(values)) for _ in metric.audiences]
        figure, counted, whole = (Figure(tuple(column)) for column in zip(*triples, strict=True))
        totals[metric.name] = Total(metric, figure, counted, whole)
    return totals
