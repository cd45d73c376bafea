"""The eight streams as Airbyte's concurrent CDK runs them: `cursor` prints, `partitions` read and wait."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from airbyte_cdk.models import AirbyteMessage, AirbyteStream
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator

from mailjet_reading.reading import Reading
from mailjet_reading.sync import Sync
from segment_events.kinds import ALL_KINDS, TRACKS
from source_mailjet_segment.cursor import StreamCursor
from source_mailjet_segment.partitions import StreamPartitions
from source_mailjet_segment.schemas import schema_of

STREAM_NAMES: tuple[str, ...] = (*(kind.stream for kind in ALL_KINDS), TRACKS)


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
