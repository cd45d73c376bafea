"""The Airbyte source: joins configuration, state, readings and streams, and runs them on the concurrent CDK."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Mapping, MutableMapping
from contextlib import closing
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    Status,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.message import InMemoryMessageRepository, MessageRepository
from airbyte_cdk.sources.message.concurrent_repository import ConcurrentMessageRepository
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from mailjet_reading.config import Config, refuse_future_start
from mailjet_reading.sync import Sync
from mailjet_rest.client import Mailjet, Patience, RateListener
from program.configuration import warn_of_unknown_fields
from program.failure import Failure
from source_mailjet_segment.check import CHECK_PATIENCE, check_account
from source_mailjet_segment.config import load_schema, parse_collector_url, parse_config
from source_mailjet_segment.files import read_catalog_file, read_config_file, read_state_file
from source_mailjet_segment.final_error import with_own_error
from source_mailjet_segment.from_collector.client import Collector
from source_mailjet_segment.from_collector.reading import check_collector, read_collector, say_what_has_no_effect
from source_mailjet_segment.log_filters import quiet_logger
from source_mailjet_segment.partitions import end_all
from source_mailjet_segment.progress import EVERY_S, Progress
from source_mailjet_segment.record_batch import RecordBatch
from source_mailjet_segment.selection import read_states, read_stretches, select_streams
from source_mailjet_segment.stoppable_queue import StoppableQueue
from source_mailjet_segment.stream_statuses import StreamStatuses
from source_mailjet_segment.streams import describe_streams, readable_streams
from source_mailjet_segment.sync_log import log_beginning, log_end
from source_mailjet_segment.trace import traced

QUEUED = 4
"""Messages, most of them batches of records, that wait to be printed before those who read on wait as well."""


class SourceMailjetSegment(AbstractSource):
    """Seven event streams and `tracks`.

    `patience`: how long requests are tried in a read. `progress_every_s`: how often a read says how far it is.
    """

    check_config_against_spec = False  # parse_config does, in sentences that name the field and quote no value

    def __init__(self, patience: Patience | None = None, progress_every_s: float = EVERY_S) -> None:
        super().__init__()
        self._progress_every_s = progress_every_s
        self._patience = patience or Patience()
        self._queue: StoppableQueue[QueueItem] = StoppableQueue(QUEUED)
        self._repository = ConcurrentMessageRepository(self._queue, InMemoryMessageRepository())

    @property
    def name(self) -> str:
        return "source-mailjet-segment"

    @property
    def message_repository(self) -> MessageRepository:
        """One repository over the queue of records, so that no STATE overtakes them."""
        return self._repository

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """The configuration as it is; the CDK's own writes it, secrets included, to a temporary file."""
        return config

    @staticmethod
    def read_config(config_path: str) -> MutableMapping[str, Any]:
        """The configuration in a file. Raises `ConfigurationError`, as the two below do."""
        return read_config_file(config_path)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """The configured catalog in a file."""
        return read_catalog_file(catalog_path)

    @classmethod
    def read_state(cls, state_path: str) -> list[AirbyteStateMessage]:
        """The states in a file."""
        return read_state_file(state_path)

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether the account can be read; on success the message may hold a remark for the user."""
        try:
            parsed, collector_url = parse_config(config), parse_collector_url(config)
            warn_of_unknown_fields(load_schema(), config, logger)
            remark = None
            if collector_url:
                check_collector(_connect_to_collector(collector_url, parsed, CHECK_PATIENCE), parsed)
            else:
                remark = check_account(parsed, _connect(parsed, CHECK_PATIENCE))
        except Failure as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=filter_secrets(str(error)))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=remark)

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any | None]:
        """As `check`, in the form that `AbstractSource` asks for."""
        status = self.check(logger, config)
        return status.status is Status.SUCCEEDED, status.message

    def streams(self, config: Mapping[str, Any]) -> list[DefaultStream]:  # type: ignore[override]
        """The eight streams; needs no network."""
        return describe_streams(logging.getLogger("airbyte"))

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """The messages of a sync. Raises `TracedFailure` if it cannot begin, and if a stream stays incomplete."""
        with traced(), closing(self.read_batches(logger, config, catalog, state)) as messages:
            for message in messages:
                yield from message.messages() if isinstance(message, RecordBatch) else (message,)

    def read_batches(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Generator[AirbyteMessage, None, None]:
        """As `read`, with the records in `RecordBatch`es. Raises `Failure`."""
        parsed = parse_config(config)
        warn_of_unknown_fields(load_schema(), config, logger)
        selected, unknown = select_streams(catalog, logger)
        names = [entry.stream.name for entry in selected]
        for entry in unknown:
            yield as_airbyte_message(entry.stream, AirbyteStreamStatus.INCOMPLETE)
        if collector_url := parse_collector_url(config):
            refuse_future_start(parsed, int(time.time()))
            say_what_has_no_effect(config)
            stretches = read_stretches(selected, state, parsed, logger)
            collector = _connect_to_collector(collector_url, parsed, self._patience)
            yield from read_collector(collector, stretches, parsed.start, parsed.api_key_digest)
            return
        states = read_states(selected, state, parsed, time.time(), logger)
        if not names:
            return
        statuses = StreamStatuses(self._queue.put)
        api = _connect(parsed, self._patience, statuses)
        with Progress(api, self._progress_every_s) as progress:
            sync = Sync(parsed, api)
            readings = sync.readings(states)
            progress.follow(readings, sync.report)
            try:
                log_beginning(parsed, names, readings, sync.until)
                quiet = quiet_logger(logger)
                streams = readable_streams(names, sync, readings, quiet, self._queue.put)
                runner = ConcurrentSource.create(
                    num_workers=len(names) + parsed.num_workers,
                    initial_number_of_partitions_to_generate=len(names),
                    logger=quiet,
                    slice_logger=DebugSliceLogger(),
                    message_repository=self._repository,
                    queue=self._queue,
                )
                yield from statuses.follow(with_own_error(runner.read([*streams]), readings))
            finally:
                self._queue.stop()
                unread = [reading for reading in readings if reading.turn.failure or not reading.turn.is_ended]
                end_all(readings)
                log_end(sync.report, api, names, readings, unread)
                sync.close()


def _connect_to_collector(url: str, config: Config, patience: Patience) -> Collector:
    return Collector(url, config.api_key, config.api_key_secret, patience)


def _connect(config: Config, patience: Patience, listener: RateListener | None = None) -> Mailjet:
    secrets = (config.api_key, config.api_key_secret)
    return Mailjet(config.api_url, *secrets, config.max_requests_per_second, patience, listener=listener)
