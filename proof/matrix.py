"""Runs cells side by side: most of a cell's time is waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

from benchmarks.peers import Peers
from proof import destination_column, peers, pyairbyte_column, source_column
from proof.counting import Outcome
from proof.machine import NotTriedError
from proof.row import COLUMNS, Column, Row
from proof.stage import Stage, staged

AT_ONCE = 8
Cell = Outcome | str | None
"""An outcome, why there is none, or None where the fault cannot happen."""
Run = Callable[[Stage], Outcome]
Matrix = Mapping[str, Mapping[Column, Cell]]
"""Cells by the row's name and the column."""


def run_matrix(
    rows: Sequence[Row], columns: Sequence[Column], found: Peers | None, say: Callable[[str], object] = print
) -> Matrix:
    """All cells of some rows and columns; without `found` those of the peers say that these are not installed."""
    with pyairbyte_column.open_pool() as pool, ThreadPoolExecutor(AT_ONCE) as threads:
        runs = _runs(pool, found)
        started = {
            row.name: {column: threads.submit(_run, row, column, runs, say) for column in columns} for row in rows
        }
        return {name: {column: _result(cell) for column, cell in cells.items()} for name, cells in started.items()}


def _runs(pool: ProcessPoolExecutor, found: Peers | None) -> Mapping[Column, Run]:
    runs: dict[Column, Run] = {
        "source": source_column.run,
        "destination": destination_column.run,
        "both": partial(pyairbyte_column.run, pool=pool),
    }
    if found:
        runs["mailjet_peer"] = partial(peers.run_source, peers=found)
        runs["segment_peer"] = partial(peers.run_client, peers=found)
    return runs


def _run(row: Row, column: Column, runs: Mapping[Column, Run], say: Callable[[str], object]) -> Cell:
    if not row.applies_to(column):
        return None
    if column not in runs:
        return "not installed"
    began = time.monotonic()
    try:
        with staged(row) as stage:
            outcome = runs[column](stage)
    except NotTriedError as why:
        return str(why)
    say(f"{time.monotonic() - began:5.1f} s  {COLUMNS[column]}: {row.name}: {outcome}")
    return outcome


def _result(cell: Future[Cell]) -> Cell:
    return cell.result()
