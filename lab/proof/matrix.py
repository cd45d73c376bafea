"""Runs cells side by side: most of a cell's time is waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Lock

from lab.benchmarks.peers import Peers
from lab.proof import destination_column, peers, pyairbyte_column, source_column
from lab.proof.counting import Ended, Outcome
from lab.proof.machine import NotTriedError
from lab.proof.row import COLUMNS, Column, Row
from lab.proof.stage import Stage, staged

AT_ONCE = 10
PATIENT_AT_ONCE = 12
"""Runs of Segment's client, which mostly waits, for minutes."""
Cell = Outcome | str | None
"""An outcome, why there is none, or None where the fault cannot happen."""
Run = Callable[[Stage], Outcome]
Matrix = Mapping[str, Mapping[Column, Cell]]
"""Cells by the row's key and the column."""


def run_matrix(
    rows: Sequence[Row],
    columns: Sequence[Column],
    found: Peers | None,
    say: Callable[[str], object] = print,
    kept: Kept | None = None,
) -> Matrix:
    """All cells of some rows and columns; without `found` those of the peers say that these are not installed.

    `kept`: cells that were run before, which are not run again; new ones are added.
    """
    kept = kept or Kept(None)
    with (
        pyairbyte_column.open_pool() as pool,
        ThreadPoolExecutor(AT_ONCE) as threads,
        ThreadPoolExecutor(PATIENT_AT_ONCE) as patient_threads,
    ):
        runs = _runs(pool, found)

        def cell(row: Row, column: Column) -> Cell:
            before = kept.find(row.key, column)
            if before:
                return before
            outcome = _run(row, column, runs, say)
            kept.add(row.key, column, outcome)
            return outcome

        started = {
            row.key: {
                column: (patient_threads if column == "segment_peer" else threads).submit(cell, row, column)
                for column in columns
            }
            for row in rows
        }
        return {
            name: {column: running.result() for column, running in cells.items()} for name, cells in started.items()
        }


class Kept:
    """The outcomes of cells in a file, a line each, so that a run that was stopped can be gone on with."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._lock = file, Lock()
        self._found: dict[tuple[str, str], Outcome] = {}
        for line in file.read_text("utf-8").splitlines() if file and file.exists() else ():
            row, column, ended, resumed, counts = json.loads(line)
            self._found[row, column] = Outcome(Ended(*ended), Ended(*resumed), **counts)

    def find(self, row: str, column: Column) -> Outcome | None:
        """The outcome of a cell that was run before."""
        return self._found.get((row, column))

    def add(self, row: str, column: Column, cell: Cell) -> None:
        """Keeps an outcome."""
        if self._file and isinstance(cell, Outcome):
            counts = asdict(cell)
            ended, resumed = counts.pop("ended"), counts.pop("resumed")
            line = json.dumps([row, column, list(ended.values()), list(resumed.values()), counts])
            with self._lock, self._file.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def _runs(pool: pyairbyte_column.Pool, found: Peers | None) -> Mapping[Column, Run]:
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
