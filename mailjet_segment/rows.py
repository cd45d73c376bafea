"""The rows of an account in Python, without a store: `mailjet_segment.read`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.part import Part
from mailjet_reading.reading import Reading, first_failure, write_state
from mailjet_reading.state import parse_stream_state
from mailjet_reading.sync import Sync
from mailjet_rest.client import Mailjet
from segment_events.kinds import TRACKS
from source_mailjet_segment.config import parse_config

Rows = tuple[str, list[dict[str, object]]]
"""A stream, and rows of it."""


class Events:
    """An iterator over the new events: pairs of a stream (`email_opened`) and a row of its table.

    `state` is of the rows that were taken so far, as JSON; give it to the next reading. If you stop early, the next
    reading gives the rows of unfinished windows again, with the same ids.
    """

    def __init__(self, config: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> None:
        """`config`: as the source takes it (docs/configuration.md). Raises `ConfigurationError` at the first row."""
        self._config = parse_config(config)
        self._readings: Sequence[Reading] = ()
        self._before = state or {}

    @property
    def state(self) -> dict[str, Any]:
        """The state as JSON."""
        if not self._readings:
            return dict(self._before)
        return write_state(self._readings, self._config.api_key_digest)

    def __iter__(self) -> Iterator[tuple[str, dict[str, object]]]:
        for stream, rows in self.batches():
            for row in rows:
                yield stream, row

    def batches(self) -> Iterator[Rows]:
        """The same, in batches. Raises `Failure`, after all that could be read, if Mailjet failed."""
        config, digest = self._config, self._config.api_key_digest
        api = Mailjet(config.api_url, config.api_key, config.api_key_secret, config.max_requests_per_second)
        states = parse_stream_state(TRACKS, self._before, feeds_of(TRACKS), digest)
        with closing(api), closing(Sync(config, api)) as sync:
            self._readings = sync.readings({TRACKS: states})
            for reading in self._readings:
                try:
                    for part in sync.plan(reading):
                        yield from _read(part, sync)
                except GeneratorExit:
                    raise
                except Exception as error:
                    reading.fail(error)
        if failure := first_failure(self._readings):
            raise failure


def _read(part: Part, sync: Sync) -> Iterator[Rows]:
    """The state takes the part in when its last rows were taken."""
    part.reading.turn.open()
    for batch in sync.read(part):
        for events, rows in batch:
            by_stream: dict[str, list[dict[str, object]]] = {}
            for event, row in zip(events, rows, strict=True):
                by_stream.setdefault(event.kind.stream, []).append(row)
            yield from by_stream.items()
        part.save()
    part.cover()
    part.reading.turn.finish()
