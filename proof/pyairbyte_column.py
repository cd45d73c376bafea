"""The source into the destination under PyAirbyte: what Segment took against what happened.

PyAirbyte takes seconds to import, so a few processes keep it and carry one sync after another.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from mailjet_segment.connector_words import parse_message
from mailjet_segment.pyairbyte import load_pyairbyte, silence
from proof.counting import NOT_NEEDED, Ended, Expected, Outcome, accepted_ids, by_id
from proof.messages import Message, sentence_of
from proof.processes import LONGEST_S
from proof.stage import DESTINATION, SOURCE, Stage

PROCESSES = 4


@dataclass(frozen=True)
class Job:
    """One sync: both executables with their configurations, and the file that keeps the states."""

    source: Path
    source_config: dict[str, Any]
    destination: Path
    destination_config: dict[str, Any]
    states: Path


def open_pool() -> ProcessPoolExecutor:
    """Processes that each import PyAirbyte once, and leave nothing behind."""
    return ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    scratch = load_pyairbyte()
    Finalize(None, shutil.rmtree, args=(scratch,), kwargs={"ignore_errors": True}, exitpriority=0)


def run(stage: Stage, pool: ProcessPoolExecutor) -> Outcome:
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


def _sync(stage: Stage, pool: ProcessPoolExecutor) -> Ended:
    """A sync in one of the processes. One that does not end is ended by killing the connectors."""
    job = Job(
        stage.executable(SOURCE),
        stage.source_config(),
        stage.executable(DESTINATION),
        stage.destination_config(),
        stage.folder / "states.duckdb",
    )
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        stage.kill_all()

    watch = threading.Timer(LONGEST_S, stop)
    future = pool.submit(sync, job)
    watch.start()
    try:
        ended = future.result()
    finally:
        watch.cancel()
    return Ended(None, f"did not end within {LONGEST_S} s") if overdue.is_set() else ended


def sync(job: Job) -> Ended:
    """Runs in a process of the pool: exit code 0, or 1 where PyAirbyte raises."""
    scratch = load_pyairbyte()
    heard: list[Message] = []
    with silence():
        from airbyte import get_destination, get_source
        from airbyte.caches import DuckDBCache
        from airbyte.strategies import WriteStrategy

        try:
            source: Any = get_source(SOURCE, config=job.source_config, local_executable=job.source, streams="*")
            destination: Any = get_destination(
                DESTINATION, config=job.destination_config, local_executable=job.destination
            )
            for connector in (source, destination):
                connector.executor = Overheard(connector.executor, heard.append)
            with DuckDBCache(db_path=job.states, cache_dir=scratch) as states:
                destination.write(source, cache=False, state_cache=states, write_strategy=WriteStrategy.APPEND)
        except Exception as error:
            return Ended(1, sentence_of(heard, f"{type(error).__name__}: {error}".partition("\n")[0]))
    return Ended(0, sentence_of(heard))


class Overheard:
    """Stands in front of PyAirbyte's executor of a connector, changes nothing, and passes on what it prints."""

    def __init__(self, executor: Any, on_message: Callable[[Message], None]) -> None:
        self._executor, self._on_message = executor, on_message

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def execute(self, args: list[str], **options: Any) -> Iterator[str]:
        """The lines that the connector prints when it is run with `args`."""
        with closing(self._executor.execute(args, **options)) as lines:
            for line in lines:
                message = parse_message(line)
                if message is not None and message.get("type") in {"TRACE", "LOG"}:
                    self._on_message(message)
                yield line
