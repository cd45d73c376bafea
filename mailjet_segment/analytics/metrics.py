"""The definitions of all metrics, as `analytics/metrics.yml` has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

MetricKind = Literal["count", "rate", "duration"]
Bucketing = Literal["send", "event"]

AUDIENCES = ("people", "with_privacy", "all")
"""Whose opens and clicks count: people's; those of privacy proxies too; also those of scanners and bots."""


@dataclass(frozen=True)
class Metric:
    """One metric. `numerator`, `denominator` and `value` are SQL over a row of `mailjet__messages`, None where there is
    none; in them and in `column`, the name of its column in the models, `{audience}` stands for one of `AUDIENCES`.

    A count: the messages for which the numerator holds. A rate: their share of those for which the denominator holds. A
    duration: the `quantile` of `value`, where there is one, over the messages for which the numerator holds.
    """

    name: str
    column: str
    title: str
    short: str
    sentence: str
    kind: MetricKind
    numerator: str
    denominator: str | None
    value: str | None
    quantile: float | None
    left_out: str
    mailjet_name: str | None
    bucketing: Bucketing
    sources: tuple[str, ...]

    @property
    def has_audience(self) -> bool:
        """Whether the metric differs by audience."""
        return "{audience}" in self.column

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences that it has a figure for; an empty name, if one figure is of all."""
        return AUDIENCES if self.has_audience else ("",)

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in the models: one, or one for each audience."""
        return tuple(self.column.format(audience=audience) for audience in self.audiences)

    @property
    def expressions(self) -> Mapping[str, str]:
        """For each column, the metric as an aggregate of rows of `mailjet__messages`, in SQL of DuckDB."""
        expressions = map(self.expression, self.audiences)
        return dict(zip(self.columns, expressions, strict=True))

    def expression(self, audience: str) -> str:
        """The same for one audience."""
        if self.kind == "count":
            return self.counted(audience)
        if self.kind == "rate":
            return f"{self.counted(audience)} / nullif({self.whole(audience)}, 0)"
        holds = self.numerator.format(audience=audience)
        return f"quantile_cont({self.value}, {self.quantile}) FILTER (WHERE {holds})"

    def counted(self, audience: str) -> str:
        """SQL: of how many messages the numerator holds; of a duration, of those that have one."""
        condition = self.numerator if self.value is None else f"({self.numerator}) AND {self.value} IS NOT NULL"
        return _count(condition.format(audience=audience))

    def whole(self, audience: str) -> str:
        """SQL: of how many messages the denominator holds; without one, all."""
        return _count((self.denominator or "true").format(audience=audience))


def _count(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


@cache
def metrics() -> Mapping[str, Metric]:
    """All metrics by name, in the order of `metrics.yml`."""
    text = files("mailjet_segment.analytics").joinpath("metrics.json").read_text(encoding="utf-8")
    found = [Metric(**{**row, "sources": tuple(row["sources"])}) for row in json.loads(text)]
    return MappingProxyType({metric.name: metric for metric in found})
