"""The first half of a sync: the source, run by PyAirbyte, into the DuckDB file."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailjet_segment.connector_process import ConnectorProcess
from mailjet_segment.connector_words import SILENT, ConnectorWords, Message
from mailjet_segment.connectors import SOURCE
from mailjet_segment.failure import disk_failure
from mailjet_segment.loading import recording_cache
from mailjet_segment.progress import Step
from mailjet_segment.pyairbyte import load_pyairbyte, silence
from mailjet_segment.warehouse import Waiting, open_warehouse
from program.failure import Failure
from segment_events.kinds import BLOCKED, TRACKS


def read_into_duckdb(
    executable: Path,
    config: Mapping[str, Any],
    database: Path,
    step: Step,
    stop: threading.Event,
) -> str | None:
    """Read the new events at Mailjet into the tables of `database`; PyAirbyte keeps the source's state there too.

    Rows are merged by `id`; `step` counts the events. Returns the reason if the source ended early, else None: the rows
    read until then, or until `stop` was set, are kept, with their state. Raises `Failure` if nothing can be kept.
    """
    scratch = load_pyairbyte()
    words = ConnectorWords(step)

    def hear(message: Message) -> None:
        if message.get("type") != "RECORD":
            words.hear(message)
        elif message["record"]["stream"] != TRACKS:
            step.add()

    with silence():
        from airbyte import get_source

        source: Any = get_source(SOURCE, config=dict(config), local_executable=executable)
        process = ConnectorProcess(executable, hear, stop)
        source.executor = process
        try:
            # Segment has no collection of blocked messages: its stream would cost requests that nobody here needs.
            source.select_streams([name for name in source.get_available_streams() if name != BLOCKED.stream])
            with open_warehouse(database, Waiting(step.warn, stop.wait)):
                pass  # No other program has it now. The cache holds it from here on, so that the rows can be stored.
            with recording_cache(database, scratch) as cache, cache.get_sql_engine().connect():
                source.read(cache, skip_validation=True)
        except Failure:
            raise
        except Exception as error:
            raise disk_failure(error) or _nothing_read(words, error) from None
    return (words.reason() or SILENT) if process.failed else None


def _nothing_read(words: ConnectorWords, error: Exception) -> Failure:
    """A user can act on the source's own sentence; PyAirbyte's text only names the step."""
    reason = words.reason() or f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return Failure(f"Reading from Mailjet failed: {reason}")
