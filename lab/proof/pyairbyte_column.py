"""The source into the destination under PyAirbyte: what Segment took against what happened.

A few processes in PyAirbyte's own environment carry one sync after another.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import distributions
from queue import SimpleQueue

from lab.proof.counting import NOT_NEEDED, Ended, Expected, Outcome, accepted_ids, by_id
from lab.proof.machine import NotTriedError
from lab.proof.processes import LONGEST_S
from lab.proof.pyairbyte_worker import Job
from lab.proof.stage import DESTINATION, ROOT, SOURCE, Stage

PROCESSES = 4
PYTHON = ROOT / ".venv-airbyte" / "bin" / "python"


def installed_version() -> str:
    """PyAirbyte's version in its own environment."""
    packages = [str(folder) for folder in PYTHON.parent.parent.glob("lib/python3*/site-packages")]
    found = (distribution.version for distribution in distributions(name="airbyte", path=packages))
    return next(found, "not installed")


class Worker:
    """A process that carries syncs, started when the first is asked of it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def sync(self, job: Job) -> Ended:
        """How a sync ended; raises `NotTriedError` where PyAirbyte is not installed."""
        if not self._process:
            if not PYTHON.exists():
                raise NotTriedError("PyAirbyte is not installed")
            self._process = subprocess.Popen(
                [PYTHON, "-m", "lab.proof.pyairbyte_worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        code, sentence = json.loads(self._process.stdout.readline())
        return Ended(code, sentence)

    def close(self) -> None:
        """Ends the process when its sync has ended."""
        if self._process:
            self._process.communicate()


Pool = SimpleQueue[Worker]
"""The workers that have nothing to do."""


@contextmanager
def open_pool() -> Iterator[Pool]:
    """Workers that end, and leave nothing behind, with the block."""
    workers = [Worker() for _ in range(PROCESSES)]
    pool: Pool = SimpleQueue()
    for worker in workers:
        pool.put(worker)
    try:
        yield pool
    finally:
        for worker in workers:
            worker.close()


def run(stage: Stage, pool: Pool) -> Outcome:
    """Syncs under the fault, and again with the states that PyAirbyte kept."""
    expected = Expected(by_id)
    expected.look(stage.sandbox, stage.row.ends_earlier)
    with stage.row.within(stage):
        first = _sync(stage, pool)
    silent = expected.missing(accepted_ids(stage.sandbox.segment)) if first.exit_code == 0 else 0
    stage.resume()
    expected.look(stage.sandbox)
    resumed = _sync(stage, pool) if first.exit_code != 0 or stage.row.leaves_work else NOT_NEEDED
    arrived = accepted_ids(stage.sandbox.segment)
    return Outcome(
        first,
        resumed,
        silent,
        lost=expected.missing(arrived),
        doubled=stage.sandbox.segment.duplicates,
        after_dedup=expected.strange(arrived),
        note=stage.note,
    )


def _sync(stage: Stage, pool: Pool) -> Ended:
    """A sync in one of the processes. One that does not end is ended by killing the connectors."""
    job = Job(
        str(stage.executable(SOURCE)),
        stage.source_config(),
        str(stage.executable(DESTINATION)),
        stage.destination_config(),
        str(stage.folder / "states.duckdb"),
    )
    worker = pool.get()
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        stage.kill_all()

    watch = threading.Timer(LONGEST_S, stop)
    watch.start()
    try:
        ended = worker.sync(job)
    finally:
        watch.cancel()
        pool.put(worker)
    return Ended(None, f"did not end within {LONGEST_S} s") if overdue.is_set() else ended
