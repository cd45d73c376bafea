"""A handful of cells of the fault matrix by its own code, so that `make proof` cannot rot between its runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integration_tests.pyairbyte_environment import require_pyairbyte
from lab.proof.counting import Outcome
from lab.proof.faults import ROWS
from lab.proof.matrix import run_matrix
from lab.proof.row import Column
from unit_tests.series import cases

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


@pytest.mark.parametrize(("key", "column", "exit_code", "words"), cases(CELLS, always=[CELLS[0], CELLS[2]]))
def test_a_cell_of_the_matrix_loses_nothing_and_says_why(key: str, column: Column, exit_code: int, words: str) -> None:
    if column == "both":
        require_pyairbyte()
    [row] = [replace(row, columns=frozenset({column})) for row in ROWS if row.key == key]
    matrix = run_matrix([row], ["source", "destination"] if column != "both" else ["both"], None)
    cell = matrix[key][column]
    assert isinstance(cell, Outcome)
    assert not cell.is_defect, cell
    assert cell.ended.exit_code == exit_code, cell
    assert words in cell.ended.sentence, cell
    assert [one for one, outcome in matrix[key].items() if outcome] == [column]
