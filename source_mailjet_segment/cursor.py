"""The cursor of a stream: prints its records, and its state as its readings proceed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteStream, AirbyteStreamStatus
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from mailjet_reading.limits import MOST_REMEMBERED
from mailjet_reading.reading import Reading
from mailjet_reading.state import format_state
from source_mailjet_segment.record_batch import RecordBatch

LOGGER = logging.getLogger("airbyte")
STATE_BYTES_PER_S = 100_000
"""The share of states in the output: a large state is not printed for each of many small windows."""


class StreamCursor(Cursor):
    """Prints a stream's records, and its state as its readings proceed. Replaces the CDK's date-range cursor, which
    cannot remember digests.
    """

    def __init__(
        self, stream: str, readings: Sequence[Reading], api_key_digest: str, put: Callable[[AirbyteMessage], None]
    ) -> None:
        """`put` takes a message to the queue of records: in the CDK's repository two states could change places."""
        self._stream = stream
        self._readings = readings
        self._api_key_digest = api_key_digest
        self._put = put
        self._lock = threading.Lock()
        self._is_running = False
        self._next_at_s = 0.0

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The stream's state as of the parts that were read to their end."""
        return format_state({reading.feed.name: reading.state.now for reading in self._readings}, self._api_key_digest)

    def observe(self, record: Record) -> None:
        """Nothing: the state is of windows, not of records."""

    def close_partition(self, partition: Partition) -> None:
        """Nothing: a part takes itself into the state, for all streams of its reading."""

    def should_be_synced(self, record: Record) -> bool:
        return True

    def emit_records(self, rows: Sequence[bytes]) -> None:
        """Prints records, of which each row is JSON; before the first ones, that the stream is running."""
        with self._lock:
            if rows and not self._is_running:
                self._is_running = True
                self._put(stream_status(self._stream, AirbyteStreamStatus.RUNNING))
        if rows:
            self._put(RecordBatch(stream=self._stream, rows=rows, emitted_at=time.time_ns() // 1_000_000))

    def emit(self, at_once: bool = False) -> None:
        """Prints the state, unless so much was printed of it that it must wait for the next part or the end."""
        with self._lock:
            if at_once or time.monotonic() >= self._next_at_s:
                self._emit()

    def ensure_at_least_one_state_emitted(self) -> None:
        """Nothing to print: every reading ends with its state. Says when there is more than a state can remember."""
        remembered = max((len(reading.state.now.windows.recent) for reading in self._readings), default=0)
        if remembered > MOST_REMEMBERED:
            LOGGER.warning(
                "Stream '%s' emitted %d events of one kind within the lookback, more than the %d that a state holds: "
                "the next sync emits the oldest of them again, with the same ids; a smaller 'lookback_minutes' avoids "
                "that.",
                self._stream,
                remembered,
                MOST_REMEMBERED,
            )

    def _emit(self) -> None:
        state = self.state
        self._put(state_message(self._stream, state))
        self._next_at_s = time.monotonic() + len(repr(state)) / STATE_BYTES_PER_S - 0.1


def state_message(stream: str, state: MutableMapping[str, Any]) -> AirbyteMessage:
    """A stream's state as Airbyte's message."""
    manager = ConnectorStateManager()
    manager.update_state_for_stream(stream, None, state)
    return manager.create_state_message(stream, None)


def stream_status(stream: str, status: AirbyteStreamStatus) -> AirbyteMessage:
    """A stream's status as Airbyte's message."""
    return as_airbyte_message(AirbyteStream(name=stream, json_schema={}, supported_sync_modes=[]), status)
