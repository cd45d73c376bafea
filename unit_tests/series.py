"""Long series: a few of their moments and cases in each run, the rest in `make test-series`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def seeds(count: int, *, always: int) -> list[Any]:
    """Seeds for `parametrize`; those after the first `always` have the mark `long_series`."""
    return cases(range(count), always=range(always))


def cases(all_of_them: Iterable[Any], *, always: Collection[Any]) -> list[Any]:
    """Cases for `parametrize`; those that are not among `always` have the mark `long_series`."""
    return [case if case in always else _only_in_the_series(case) for case in all_of_them]


def _only_in_the_series(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.long_series)
