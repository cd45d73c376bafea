"""The messages of a sync that reads a collector: stream after stream, page after page, each page with its state."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import orjson
from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus

from mailjet_reading.config import Config, refuse_future_start
from mailjet_rest.fields import read_second
from program.failure import ConfigurationError, Failure
from segment_events.kinds import BLOCKED, TRACKS
from segment_events.row import to_tracks_row
from source_mailjet_segment.config import fields_without_effect
from source_mailjet_segment.cursor import state_message, stream_status
from source_mailjet_segment.from_collector.client import Collector, CollectorRow, Page, PositionLost
from source_mailjet_segment.from_collector.states import format_state
from source_mailjet_segment.from_collector.stretches import Stretch, fit, joined
from source_mailjet_segment.progress import EVERY_S
from source_mailjet_segment.record_batch import RecordBatch

LOGGER = logging.getLogger("airbyte")


@dataclass
class Progress:
    """The figures of a sync for its log lines."""

    began_at: float = field(default_factory=time.monotonic)
    said_at: float = field(default_factory=time.monotonic)
    emitted: int = 0
    out_of_bounds: int = 0


def check_collector(collector: Collector, config: Config) -> None:
    """Reads one event; raises `Failure`."""
    refuse_future_start(config, int(time.time()))
    with closing(collector):
        collector.page(None, None, limit=1)


def say_what_has_no_effect(config: object) -> None:
    """Logs, once a sync, which fields that are set have no effect."""
    if names := fields_without_effect(config):
        LOGGER.info("Events come from a collector, so these fields have no effect: %s.", ", ".join(names))


def read_collector(
    collector: Collector, streams: Mapping[str, Sequence[Stretch]], start: int, api_key_digest: str
) -> Iterator[AirbyteMessage]:
    """The messages of a sync of these streams, with the stretches of their states. Raises `Failure`.

    If one stream's position is lost, the others are read all the same. If the collector cannot be read at all, no
    further stream is tried.
    """
    progress, failure, names = Progress(), None, list(streams)
    for name in names:
        yield stream_status(name, AirbyteStreamStatus.STARTED)
        try:
            if failure and not isinstance(failure, PositionLost):
                raise failure
            yield from _read_stream(collector, name, fit(streams[name], start), start, api_key_digest, progress)
            yield stream_status(name, AirbyteStreamStatus.COMPLETE)
        except Failure as error:
            yield stream_status(name, AirbyteStreamStatus.INCOMPLETE)
            failure = failure if failure and not isinstance(failure, PositionLost) else error
    LOGGER.info(
        "Emitted %d events; left out %d that are not in the time that is read. Asked the collector %d times.",
        progress.emitted,
        progress.out_of_bounds,
        collector.requests,
    )
    if failure:
        raise failure


def _read_stream(
    collector: Collector,
    name: str,
    stretches: list[Stretch],
    start: int,
    api_key_digest: str,
    progress: Progress,
) -> Iterator[AirbyteMessage]:
    """Reads each stretch from `start` on to its end. Earlier ones keep their positions, should the start move back."""
    is_running = False
    for number, stretch in enumerate(stretches):
        if stretch.since < start:
            continue
        for page in _pages(collector, name, stretch.after):
            inside = [entry for entry in page.rows if stretch.holds(_second(entry.row))]
            rows = _rows_of(inside, name)
            progress.emitted += len(rows)
            progress.out_of_bounds += len(page.rows) - len(inside)
            if rows and not is_running:
                is_running = True
                yield stream_status(name, AirbyteStreamStatus.RUNNING)
            if rows:
                yield RecordBatch(stream=name, rows=rows, emitted_at=time.time_ns() // 1_000_000)
            stretches[number] = stretch._replace(after=page.after)
            yield state_message(name, format_state(joined(stretches), api_key_digest))
            _say(progress)


def _pages(collector: Collector, name: str, after: str | None) -> Iterator[Page]:
    stream = None if name == TRACKS else name
    while True:
        page = collector.page(after, stream)
        if page.more and page.after == after:
            raise Failure(f"The collector at {collector.url} gives the same page again and again: report this.")
        yield page
        if not page.more:
            return
        after = page.after


def _rows_of(entries: Sequence[CollectorRow], name: str) -> list[bytes]:
    """The rows that belong to the stream, in its form, as JSON."""
    if name == TRACKS:
        return [orjson.dumps(to_tracks_row(entry.row)) for entry in entries if entry.stream != BLOCKED.stream]
    return [orjson.dumps(entry.row) for entry in entries if entry.stream == name]


def _second(row: Mapping[str, Any]) -> int:
    try:
        return read_second(row, "timestamp")
    except ValueError:
        raise ConfigurationError(
            "The collector gives a row whose timestamp cannot be read: use the same release of the collector and this "
            "source."
        ) from None


def _say(progress: Progress) -> None:
    now = time.monotonic()
    if now - progress.said_at >= EVERY_S:
        progress.said_at = now
        LOGGER.info("After %d s: %d events.", now - progress.began_at, progress.emitted)
