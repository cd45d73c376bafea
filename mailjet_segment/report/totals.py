"""Every metric over all messages of the report, by the conditions of `metrics.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from mailjet_segment.analytics.metrics import Metric, metrics
from mailjet_segment.report.audience import AUDIENCES, Figure


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
        column for metric in known.values() for suffix in suffixes(metric) for column in _columns(metric, suffix)
    ]
    row = connection.execute(f"SELECT {', '.join(columns)} FROM mailjet__messages").fetchone()
    assert row is not None
    values, totals = iter(row), {}
    for metric in known.values():
        triples = [(next(values), next(values), next(values)) for _ in suffixes(metric)]
        figure, counted, whole = (Figure(tuple(column)) for column in zip(*triples, strict=True))
        totals[metric.name] = Total(metric, figure, counted, whole)
    return totals


def suffixes(metric: Metric) -> list[str]:
    """The audiences that a metric has a figure for."""
    return [audience.name for audience in AUDIENCES] if metric.has_audience else [""]


def count_where(condition: str, suffix: str) -> str:
    """SQL: of how many messages a condition of a metric holds."""
    return f"count(*) FILTER (WHERE {condition.format(audience=suffix)})"


def _columns(metric: Metric, suffix: str) -> tuple[str, str, str]:
    counted, whole = count_where(metric.numerator, suffix), count_where(metric.denominator or "true", suffix)
    if metric.kind == "count":
        return counted, counted, whole
    if metric.kind == "rate":
        return f"{counted} / nullif({whole}, 0)", counted, whole
    condition = metric.numerator.format(audience=suffix)
    measured = count_where(f"({metric.numerator}) AND {metric.value} IS NOT NULL", suffix)
    return f"quantile_cont({metric.value}, {metric.quantile}) FILTER (WHERE {condition})", measured, whole
