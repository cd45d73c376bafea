"""`python -m lab.proof`: runs the matrix and writes it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lab.benchmarks.peers import DEFAULT_FOLDER, install
from lab.proof.counting import Outcome
from lab.proof.faults import ROWS
from lab.proof.matrix import Kept, run_matrix
from lab.proof.report import to_markdown
from lab.proof.row import COLUMNS, Column


def main() -> int:
    """1 where a cell of ours shows a defect."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="", help="only rows with this text in their names")
    parser.add_argument("--columns", nargs="*", default=list(COLUMNS), choices=list(COLUMNS))
    parser.add_argument(
        "--peers", type=Path, default=DEFAULT_FOLDER, help="where the peers are, or are to be, installed"
    )
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--output", type=Path, help="the file to write; what was found is printed otherwise")
    parser.add_argument("--cells", type=Path, help="a file of cells that need not be run again; new ones are added")
    given = parser.parse_args()
    rows = [row for row in ROWS if given.rows in row.name]
    peers = None if given.without_peers else install(given.peers)
    matrix = run_matrix(rows, given.columns, peers, _say, Kept(given.cells))
    text = to_markdown(rows, matrix, peers.versions() if peers else {})
    if given.output:
        given.output.write_text(text, "utf-8")
    else:
        print(text)
    return int(any(_is_defect(row.agreed, column, cell) for row in rows for column, cell in matrix[row.key].items()))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _is_defect(agreed: str, column: Column, cell: object) -> bool:
    return (
        isinstance(cell, Outcome) and cell.is_defect and not agreed and column not in {"mailjet_peer", "segment_peer"}
    )


if __name__ == "__main__":
    sys.exit(main())
