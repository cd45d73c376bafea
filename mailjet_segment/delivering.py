"""The second half of a sync: PyAirbyte carries the outbox to the destination, and the echoed states empty it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from destination_segment.config import parse_config
from mailjet_segment.connector_process import ConnectorProcess
from mailjet_segment.connector_words import SILENT, ConnectorWords, Message
from mailjet_segment.connectors import DESTINATION
from mailjet_segment.failure import disk_failure
from mailjet_segment.outbox import Outbox
from mailjet_segment.outbox_source import OutboxSource, state_number
from mailjet_segment.progress import Step
from mailjet_segment.pyairbyte import load_pyairbyte, silence


@dataclass(frozen=True)
class Delivery:
    """The events that a destination acknowledged, counted by name, and its failure if it failed."""

    accepted: Counter[str]
    failure: str | None = None


def segment_place(config: Mapping[str, Any]) -> str:
    """The place to which the events go, for people: the address and the region's name."""
    location = (config.get("region") or {}).get("location", "us")
    return f"{parse_config(config).origin} (region {location})"


def skips(config: Mapping[str, Any]) -> bool:
    """Whether the destination may leave events out: then only its own closing words say how many it accepted."""
    return config.get("on_rejected") == "skip"


def deliver(
    executable: Path,
    config: Mapping[str, Any],
    outbox: Outbox,
    step: Step,
    now: Callable[[], datetime],
    stop: threading.Event,
) -> Delivery:
    """Hand all events in `outbox` to the destination, and take out each page that it acknowledges, at once.

    The destination echoes a state when all events before it are accepted; only then are their ids remembered. So a
    crash, of either side and at any moment, leaves all other events in the outbox. `step` counts accepted events.
    """
    waiting = outbox.waiting()
    if not waiting:
        return Delivery(Counter())
    load_pyairbyte()
    words = ConnectorWords(step)
    accepted: Counter[str] = Counter()
    source = OutboxSource(outbox, waiting, now, stop)

    def hear(message: Message) -> None:
        if message.get("type") != "STATE":
            words.hear(message)
            return
        for page in source.echoed(state_number(message["state"])):
            outbox.accept(page.ids, now())
            accepted.update(page.event_texts)
            step.add(len(page.ids))

    failure = _carry(source, list(waiting), executable, config, hear, words, stop)
    if skips(config) and words.last_note:
        step.warn(words.last_note)
    return Delivery(accepted, failure)


def _carry(
    outbox_source: OutboxSource,
    streams: list[str],
    executable: Path,
    config: Mapping[str, Any],
    hear: Callable[[Message], None],
    words: ConnectorWords,
    stop: threading.Event,
) -> str | None:
    """Let PyAirbyte write the outbox to the destination; returns why that failed."""
    with silence():
        from airbyte import Source, get_destination
        from airbyte.exceptions import PyAirbyteError
        from airbyte.strategies import WriteStrategy

        source = Source(executor=outbox_source, name="mailjet-segment-outbox", config={}, streams=streams)
        destination: Any = get_destination(DESTINATION, config=dict(config), local_executable=executable)
        destination.executor = ConnectorProcess(executable, hear, stop)
        try:
            destination.write(source, cache=False, state_cache=False, write_strategy=WriteStrategy.APPEND)
        except PyAirbyteError as error:
            raised = disk_failure(error)
            if raised:
                raise raised from None
            return words.reason() or SILENT
    return None
