"""The mailbox providers, and how far each is from the lines that Google and Yahoo draw for complaints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from mailjet_segment.report.audience import Figure, figure_of
from mailjet_segment.report.wilson import wilson

WARNING_LINE = 0.001
LIMIT_LINE = 0.003
"""Google, "Email sender guidelines": keep the spam rate below 0.10 %, and never reach 0.30 %. Yahoo's are the same."""

FIGURES = (
    "messages",
    "delivered",
    "delivery_rate",
    "hard_bounce_rate",
    "soft_bounce_rate",
    "open_rate",
    "click_rate",
    "complaint_rate",
)


CHANCE = "may be chance"


@dataclass(frozen=True)
class Judgement:
    """Words for people, and the class of the cell: `below`, `above` or `unsure`."""

    words: str
    mark: str


@dataclass(frozen=True)
class Provider:
    """A mailbox provider. `interval`: of its complaint rate; None if it reports no complaints, or got no message."""

    name: str
    figures: Mapping[str, Figure]
    complained: int
    reports_complaints: bool
    interval: tuple[float, float] | None

    @property
    def judgement(self) -> Judgement:
        """Where the complaint rate lies, and whether the interval leaves a doubt of it."""
        rate = self.figures["complaint_rate"].of_people
        if self.interval is None or rate is None:
            return Judgement("", "unsure")
        low, high = self.interval
        line = LIMIT_LINE if rate >= LIMIT_LINE else WARNING_LINE if rate >= WARNING_LINE else None
        if line is None:
            return Judgement("below both", "below") if high < WARNING_LINE else Judgement(f"below, {CHANCE}", "unsure")
        words = f"above {line:.2%}"
        return Judgement(words, "above") if low >= line else Judgement(f"{words}, {CHANCE}", "unsure")


def read_providers(connection: duckdb.DuckDBPyConnection) -> list[Provider]:
    """All of them, the largest first; Other comes last."""
    found = connection.execute("SELECT * FROM mailjet__domains ORDER BY provider = 'Other', messages DESC, provider")
    names = [column[0] for column in found.description or ()]
    return [_provider(dict(zip(names, values, strict=True))) for values in found.fetchall()]


def _provider(row: Mapping[str, object]) -> Provider:
    figures = {name: figure_of(row, name) for name in FIGURES}  # type: ignore[arg-type]
    reports, complained, delivered = bool(row["reports_complaints"]), int(str(row["complained"])), figures["delivered"]
    interval = wilson(complained, int(delivered.of_people or 0)) if reports else None
    return Provider(str(row["provider"] or "Unknown"), figures, complained, reports, interval)
