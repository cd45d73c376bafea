"""How much a share of few messages can be trusted."""

from __future__ import annotations

from math import sqrt

Z = 1.959964
"""The standard normal quantile of 97.5 %: intervals are of 95 %."""


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """The interval that holds the true share with 95 % (E. B. Wilson, 1927); None of nothing.

    Unlike the usual interval it stays within 0 and 1, and says something of 0 out of 300 too.
    """
    if not total:
        return None
    share, spread = count / total, Z * Z / total
    centre = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, centre - half) if count else 0.0, min(1.0, centre + half) if count < total else 1.0
