"""The plot of growth shows what the table says."""

from __future__ import annotations

import pytest

from lab.benchmarks.growth_plot import number, rows

PAGE = """\
# A page

| messages | sync | requests |
|---|---|---|
| 10,000 | first | 55 |
|  | a day later | 27 |
| 100,000 | first | 340 |

| another | table | here |
|---|---|---|
| 1 | 2 | 3 |
"""


def test_the_rows_of_the_first_table_are_read_and_empty_cells_repeat_the_one_above() -> None:
    assert list(rows(PAGE)) == [
        {"messages": "10,000", "sync": "first", "requests": "55"},
        {"messages": "10,000", "sync": "a day later", "requests": "27"},
        {"messages": "100,000", "sync": "first", "requests": "340"},
    ]


def test_a_cell_without_a_number_is_named() -> None:
    assert number("19,853 bytes") == 19_853
    with pytest.raises(ValueError, match="none"):
        number("none")
