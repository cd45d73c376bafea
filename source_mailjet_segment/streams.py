"""The eight streams as Airbyte's concurrent CDK runs them: partitions, cursors, and who waits for whom.

Readings are shared between streams: the parts of one run under the stream that leads it and yield records for all of
them. A stream is complete when the readings it leads and those it follows have ended; if one of them failed, it is
incomplete.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteStream, AirbyteStreamStatus
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from mailjet_reading.feeds.feeds import MESSAGES
from mailjet_reading.limits import MOST_REMEMBERED
from mailjet_reading.part import Part
from mailjet_reading.reading import Reading
from mailjet_reading.state import format_state
from mailjet_reading.sync import Rows, Sync
from program.failure import Failure
from segment_events.kinds import ALL_KINDS, TRACKS
from source_mailjet_segment.record_batch import RecordBatch
from source_mailjet_segment.schemas import schema_of
from source_mailjet_segment.trace import TracedFailure

LOGGER = logging.getLogger("airbyte")
STREAM_NAMES: tuple[str, ...] = (*(kind.stream for kind in ALL_KINDS), TRACKS)
STATE_BYTES_PER_S = 100_000
"""How much of what is printed may be states: a large one is not printed for each of many small windows."""


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

    def emit_records(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Prints records; before the first ones, that the stream is running."""
        with self._lock:
            if rows and not self._is_running:
                self._is_running = True
                self._put(_status(self._stream, AirbyteStreamStatus.RUNNING))
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
        manager = ConnectorStateManager()
        manager.update_state_for_stream(self._stream, None, state)
        self._put(manager.create_state_message(self._stream, None))
        self._next_at_s = time.monotonic() + len(repr(state)) / STATE_BYTES_PER_S - 0.1


class PartPartition(Partition):
    """A part of a reading as the CDK runs it."""

    def __init__(self, part: Part, sync: Sync, cursors: Mapping[str, StreamCursor]) -> None:
        self._part = part
        self._sync = sync
        self._cursors = cursors

    def read(self) -> Iterable[Record]:
        """Prints the records of the part for all streams of its reading; then takes it into the state and prints that.

        Gives the CDK none, which would print them one by one. Raises `Failure`, once for each reading: after a
        failure its other parts are left to the next sync.
        """
        reading = self._part.reading
        with self._sync.workers:
            if not reading.turn.enter():
                return ()
            try:
                self._read_to_the_end(reading)
            except Exception as error:
                raise TracedFailure(give_up(reading, error, self._cursors)) from None
            finally:
                if reading.turn.failure:  # this part may have been read to its end while another failed
                    emit_states(reading, self._cursors, at_once=True)
                reading.turn.leave()
        return ()

    def _read_to_the_end(self, reading: Reading) -> None:
        """All records first, then the part is covered, then the state is printed: no state overtakes its records."""
        for batch in self._sync.read(self._part):
            self._emit(batch)
        self._part.cover()
        emit_states(reading, self._cursors)
        if reading.turn.finish():
            finish(reading, self._cursors)

    def _emit(self, batch: Iterable[Rows]) -> None:
        """Prints the records of a batch, and then the state, if the part is saved by batch."""
        reading = self._part.reading
        for events, rows in batch:
            for stream in reading.streams:
                self._cursors[stream].emit_records(reading.rows_of(stream, events, rows))
        if self._part.is_saved_by_batch:
            self._part.save()
            emit_states(reading, self._cursors)

    def to_slice(self) -> Mapping[str, Any]:
        return {"feed": self._part.reading.feed.name, "since": self._part.span[0], "until": self._part.span[1]}

    def stream_name(self) -> str:
        return self._part.reading.leader

    def __hash__(self) -> int:
        return id(self)


class StreamPartitions(PartitionGenerator):
    """Plans the readings that a stream leads and waits for those it follows.

    Deliveries are read first because the messages they list save the other feeds requests. The others begin when all of
    them are planned, and run one after another, so that the number of requests does not depend on thread timing.
    """

    def __init__(
        self, stream: str, sync: Sync, readings: Sequence[Reading], cursors: Mapping[str, StreamCursor]
    ) -> None:
        self._stream = stream
        self._sync = sync
        self._readings = readings
        self._cursors = cursors
        self._failure: Failure | None = None

    def generate(self) -> Iterator[Partition]:
        led = [reading for reading in self._readings if reading.leader == self._stream]
        for reading in led:
            if reading.feed is MESSAGES:
                yield from self._open(reading, self._parts(reading))
        yield from self._generate_others([reading for reading in led if reading.feed is not MESSAGES])
        self._follow([reading for reading in self._readings if self._stream in reading.streams and reading not in led])

    def _generate_others(self, led: Sequence[Reading]) -> Iterator[Partition]:
        """The parts of the feeds that are not deliveries. Planning them asks Mailjet for counts."""
        if led:
            _wait_for_end(reading for reading in self._readings if reading.feed is MESSAGES)
        plans = [(reading, deque(self._parts(reading))) for reading in led]
        for reading, parts in plans:
            reading.turn.expect(len(parts))
        for reading, parts in plans:
            # Another stream's thread may still be planning a feed that comes before this one.
            for other in self._readings:
                if other.feed is not MESSAGES:
                    other.turn.wait_until_planned()
            _wait_for_end(self._readings[: self._readings.index(reading)])
            yield from self._open(reading, _drain(parts))

    def _follow(self, followed: Sequence[Reading]) -> None:
        """Waits for the readings that other streams lead; raises the first failure of any, so that the stream is not
        COMPLETE before its last record is printed, nor if one of its readings failed.
        """
        _wait_for_end(followed)
        for reading in followed:
            reading.turn.wait_until_idle()
        failure = self._failure or next((reading.turn.failure for reading in followed if reading.turn.failure), None)
        if failure:
            raise TracedFailure(failure)

    def _parts(self, reading: Reading) -> Iterator[Part]:
        """The parts of a reading, as far as planning them does not fail."""
        try:
            yield from self._sync.plan(reading)
        except Exception as error:
            self._failure = give_up(reading, error, self._cursors)

    def _open(self, reading: Reading, parts: Iterable[Part]) -> Iterator[Partition]:
        for part in parts:
            reading.turn.open()
            yield PartPartition(part, self._sync, self._cursors)
        if not reading.turn.failure and reading.turn.open_no_more():
            finish(reading, self._cursors)


def _wait_for_end(readings: Iterable[Reading]) -> None:
    for reading in readings:
        reading.turn.wait_for_end()


def _drain(parts: deque[Part]) -> Iterator[Part]:
    """The parts, none of which is kept: each remembers every event it has read."""
    while parts:
        yield parts.popleft()


def finish(reading: Reading, cursors: Mapping[str, StreamCursor]) -> None:
    """Prints the state of a reading whose parts were all read, then ends its turn: a state must be on the queue before
    the stream can be COMPLETE.
    """
    emit_states(reading, cursors, at_once=True)
    reading.turn.end()


def give_up(reading: Reading, error: Exception, cursors: Mapping[str, StreamCursor]) -> Failure:
    """Prints the states of what was read to its end, and ends the reading with its error."""
    try:
        emit_states(reading, cursors, at_once=True)
    finally:
        failure = reading.fail(error)
    return failure


def emit_states(reading: Reading, cursors: Mapping[str, StreamCursor], at_once: bool = False) -> None:
    """Prints the states of the streams of a reading."""
    for stream in reading.streams:
        cursors[stream].emit(at_once)


def _status(stream: str, status: AirbyteStreamStatus) -> AirbyteMessage:
    return as_airbyte_message(AirbyteStream(name=stream, json_schema={}, supported_sync_modes=[]), status)


class NoPartitions(PartitionGenerator):
    """For streams that are only described."""

    def generate(self) -> Iterator[Partition]:
        yield from ()


def describe_streams(logger: logging.Logger) -> list[DefaultStream]:
    """The eight streams, for the catalog: they need no network and cannot be read."""
    return [_stream(name, NoPartitions(), StreamCursor(name, (), "", lambda _: None), logger) for name in STREAM_NAMES]


def readable_streams(
    names: Sequence[str],
    sync: Sync,
    readings: Sequence[Reading],
    logger: logging.Logger,
    put: Callable[[AirbyteMessage], None],
) -> list[DefaultStream]:
    """The selected streams with their readings; `put` takes their states."""
    digest = sync.config.api_key_digest
    cursors = {
        name: StreamCursor(name, [reading for reading in readings if name in reading.streams], digest, put)
        for name in names
    }
    return [_stream(name, StreamPartitions(name, sync, readings, cursors), cursors[name], logger) for name in names]


class BegunAnewStream(DefaultStream):
    """A stream that says that its full refresh begins anew, whatever state it is given.

    The CDK calls every stream with a cursor resumable. A platform would then hand the state of a failed attempt to the
    next one, and keep the failed one's rows in the table that is overwritten.
    """

    def as_airbyte_stream(self) -> AirbyteStream:
        described = super().as_airbyte_stream()
        described.is_resumable = False
        return described


def _stream(name: str, generator: PartitionGenerator, cursor: Cursor, logger: logging.Logger) -> DefaultStream:
    return BegunAnewStream(
        partition_generator=generator,
        name=name,
        json_schema=schema_of(name),
        primary_key=["id"],
        cursor_field=CursorField("timestamp"),
        logger=logger,
        cursor=cursor,
    )


def end_all(readings: Iterable[Reading]) -> None:
    """Ends readings that nobody will finish, so that nobody waits for them."""
    for reading in readings:
        reading.fail(InterruptedError())
