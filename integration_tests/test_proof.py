"""A handful of rows of the fault matrix by its own code, so that `make proof` cannot rot between its runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailjet_sandbox.faults import Fault, cut_off, row_without
from proof import destination_column, source_column
from proof.counting import Ended, Outcome
from proof.faults import ROWS, at_mailjet
from proof.matrix import run_matrix
from proof.row import Column, Row
from proof.stage import Stage, staged

BY_NAME = {row.name: row for row in ROWS}
CELLS: tuple[tuple[str, Column, int, str], ...] = (
    ("403 on `bouncestatistics`", "source", 1, "read 'bouncestatistics' (403)"),
    ("`kill -9` of the source", "source", -9, ""),
    ("reset after accepting, twice", "destination", 0, ""),
    ("a redirect to another address, and it stays so", "destination", 1, "answered with a redirect (307)"),
    ("stdin ends in the middle of a line", "destination", 1, "The input ended in the middle of line"),
    ("401 after 15 requests", "both", 1, "refused the keys (401)"),
)


def test_rows_of_the_matrix_lose_nothing_and_say_why() -> None:
    names = list(dict.fromkeys(name for name, *_ in CELLS))
    columns: list[Column] = ["source", "destination", "both"]
    wanted = {(name, column) for name, column, *_ in CELLS}
    rows = [
        replace(BY_NAME[name], columns=frozenset(column for column in columns if (name, column) in wanted))
        for name in names
    ]
    matrix = run_matrix(rows, columns, None)
    for name, column, exit_code, words in CELLS:
        cell = matrix[name][column]
        assert isinstance(cell, Outcome), name
        assert not cell.is_defect, f"{name}: {cell}"
        assert cell.ended.exit_code == exit_code, f"{name}: {cell}"
        assert words in cell.ended.sentence, f"{name}: {cell}"
    for name, column in [(name, column) for name in names for column in columns if (name, column) not in wanted]:
        assert matrix[name][column] is None
