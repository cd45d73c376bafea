"""Carries one sync after another with PyAirbyte, which takes seconds to import: `python -m lab.proof.pyairbyte_worker`.

Runs in PyAirbyte's environment. A line of its stdin is a job as JSON, the line of its stdout that answers it is
`[exit code, sentence]`. It serves until its stdin ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.proof.connector_words import parse_output_line
from lab.proof.messages import Message, sentence_of
from lab.proof.pyairbyte import load_pyairbyte, silence
from segment_events.kinds import KINDS, TRACKS

STREAMS = [*(kind.stream for kind in KINDS), TRACKS]


@dataclass(frozen=True)
class Job:
    """One sync: both executables with their configurations, and the file that keeps the states."""

    source: str
    source_config: dict[str, Any]
    destination: str
    destination_config: dict[str, Any]
    states: str


def sync(job: Job) -> tuple[int, str]:
    """Exit code 0, or 1 where PyAirbyte raises, and what a user would read."""
    scratch = load_pyairbyte()
    heard: list[Message] = []
    with silence():
        from airbyte import get_destination, get_source
        from airbyte.caches import DuckDBCache
        from airbyte.strategies import WriteStrategy

        try:
            reads, writes = Path(job.source), Path(job.destination)
            source: Any = get_source(reads.name, config=job.source_config, local_executable=reads, streams=STREAMS)
            destination: Any = get_destination(writes.name, config=job.destination_config, local_executable=writes)
            for connector in (source, destination):
                connector.executor = Overheard(connector.executor, heard.append)
            with DuckDBCache(db_path=Path(job.states), cache_dir=scratch) as states:
                destination.write(source, cache=False, state_cache=states, write_strategy=WriteStrategy.APPEND)
        except Exception as error:
            return 1, sentence_of(heard, f"{type(error).__name__}: {error}".partition("\n")[0])
    return 0, sentence_of(heard)


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
                message = parse_output_line(line)
                if message is not None and message.get("type") in {"TRACE", "LOG"}:
                    self._on_message(message)
                yield line


def main() -> None:
    """Answers jobs until there are no more."""
    for line in sys.stdin:
        print(json.dumps(sync(Job(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
