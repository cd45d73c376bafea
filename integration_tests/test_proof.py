"""A handful of rows of the fault matrix by its own code, so that `make proof` cannot rot between its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from integration_tests.pyairbyte_environment import require_pyairbyte
from lab.proof.counting import Outcome
from lab.proof.faults import ROWS
from lab.proof.matrix import run_matrix
from lab.proof.row import Column

CELLS: tuple[tuple[str, Column, int, str], ...] = (
    ("Mailjet: 403 on `bouncestatistics`", "source", 1, "read 'bouncestatistics' (403)"),
    ("Mailjet: 401 after 15 requests", "both", 1, "refused the keys (401)"),
    ("Segment: reset after accepting, twice", "destination", 0, ""),
    ('Segment: 200 with `{"success": false}`, twice', "destination", 0, ""),
    ('Segment: 200 with `{"success": false}`, and it stays so', "destination", 1, 'HTTP 200 with "success": false'),
    ("Segment: a redirect to another address, and it stays so", "destination", 1, "answered with a redirect (307)"),
    ("machine: `kill -9` of the source", "source", -9, ""),
    ("machine: SIGTERM of the source", "source", 143, ""),
    ("machine: stdin ends in the middle of a line", "destination", 1, "The input ended in the middle of line"),
)


@pytest.mark.parametrize(
    "columns",
    [pytest.param(["source", "destination"], marks=pytest.mark.long_series), ["both"]],
    ids=["the connectors alone", "PyAirbyte"],
)
def test_rows_of_the_matrix_lose_nothing_and_say_why(columns: Sequence[Column]) -> None:
    if "both" in columns:
        require_pyairbyte()
    by_key = {row.key: row for row in ROWS}
    cells = [cell for cell in CELLS if cell[1] in columns]
    rows = [replace(by_key[key], columns=frozenset({column})) for key, column, *_ in cells]
    matrix = run_matrix(rows, columns, None)
    for key, column, exit_code, words in cells:
        cell = matrix[key][column]
        assert isinstance(cell, Outcome), key
        assert not cell.is_defect, f"{key}: {cell}"
        assert cell.ended.exit_code == exit_code, f"{key}: {cell}"
        assert words in cell.ended.sentence, f"{key}: {cell}"
        assert [one for one in columns if matrix[key][one]] == [column]
