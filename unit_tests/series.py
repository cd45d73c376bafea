"""Long series of random moments: the first of them in each run, all of them in `make test-series`."""

from __future__ import annotations

from typing import Any

import pytest


def seeds(count: int, *, always: int) -> list[Any]:
    """Seeds for `parametrize`; those after the first `always` have the mark `long_series`."""
    rest = [pytest.param(seed, marks=pytest.mark.long_series) for seed in range(always, count)]
    return [*range(always), *rest]
