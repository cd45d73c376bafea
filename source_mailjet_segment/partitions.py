"""The parts of readings as the CDK's partitions, and who waits for whom.

Readings are shared between streams: the parts of one run under the stream that leads it and yield records for all of
them. A stream is complete when the readings it leads and those it follows have ended; if one of them failed, it is
incomplete.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record

from mailjet_reading.feeds.feeds import MESSAGES
from mailjet_reading.part import Part
from mailjet_reading.reading import Reading
from mailjet_reading.sync import Rows, Sync
from program.failure import Failure
from segment_events.kinds import TRACKS
from segment_events.row import to_tracks_json
from source_mailjet_segment.cursor import StreamCursor
from source_mailjet_segment.trace import TracedFailure


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
            printed = [*map(orjson.dumps, rows)]
            for stream in reading.streams:
                taken = reading.rows_of(stream, events, printed)
                self._cursors[stream].emit_records([*map(to_tracks_json, taken)] if stream == TRACKS else taken)
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
    """Prints the states of the parts that were read to their end, and ends the reading with its error."""
    try:
        emit_states(reading, cursors, at_once=True)
    finally:
        failure = reading.fail(error)
    return failure


def emit_states(reading: Reading, cursors: Mapping[str, StreamCursor], at_once: bool = False) -> None:
    """Prints the states of the streams of a reading."""
    for stream in reading.streams:
        cursors[stream].emit(at_once)


def end_all(readings: Iterable[Reading]) -> None:
    """Ends readings that nobody will finish, so that nobody waits for them."""
    for reading in readings:
        reading.fail(InterruptedError())
