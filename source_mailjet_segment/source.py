"""The Airbyte source: joins configuration, state, readings and streams, and runs them on the concurrent CDK."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    Status,
    SyncMode,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import InMemoryMessageRepository, MessageRepository
from airbyte_cdk.sources.message.concurrent_repository import ConcurrentMessageRepository
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from source_mailjet_segment.api import Mailjet, Patience
from source_mailjet_segment.check import CHECK_PATIENCE, check_account
from source_mailjet_segment.config import Config, parse_config, unknown_fields
from source_mailjet_segment.errors import ConfigurationError, SyncError
from source_mailjet_segment.feeds import feeds_of
from source_mailjet_segment.final_error import with_own_error
from source_mailjet_segment.state import FeedState, parse_state
from source_mailjet_segment.stoppable_queue import StoppableQueue
from source_mailjet_segment.streams import STREAM_NAMES, describe_streams, end_all, readable_streams
from source_mailjet_segment.sync import Sync

QUEUED_RECORDS = 10_000


class SourceMailjetSegment(AbstractSource):
    """Six event streams and `tracks`. `patience`: how long requests are tried in a read."""

    check_config_against_spec = False  # parse_config does, in sentences that name the field and quote no value

    def __init__(self, patience: Patience | None = None) -> None:
        super().__init__()
        self._patience = patience or Patience()
        self._queue: StoppableQueue[QueueItem] = StoppableQueue(QUEUED_RECORDS)
        self._repository = ConcurrentMessageRepository(self._queue, InMemoryMessageRepository())

    @property
    def name(self) -> str:
        return "source-mailjet-segment"

    @property
    def message_repository(self) -> MessageRepository:
        """One repository over the queue of records, so that no STATE overtakes them."""
        return self._repository

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether the account can be read; on success the message may hold what the user should know."""
        try:
            parsed = parse_config(config)
            remark = check_account(parsed, _connect(parsed, CHECK_PATIENCE))
        except SyncError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=str(error))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=remark)

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any | None]:
        """As `check`, in the form that `AbstractSource` asks for."""
        status = self.check(logger, config)
        return status.status is Status.SUCCEEDED, status.message

    def streams(self, config: Mapping[str, Any]) -> list[DefaultStream]:  # type: ignore[override]
        """The seven streams; needs no network."""
        return describe_streams(logging.getLogger("airbyte"))

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """The messages of a sync. Raises `SyncError` where it cannot begin, and where a stream stays incomplete."""
        parsed = parse_config(config)
        for name in unknown_fields(config):
            logger.warning("Field '%s' of the configuration is not known and has no effect: see the spec.", name)
        selected = [one for one in catalog.streams if one.stream.name in STREAM_NAMES]
        names = list(dict.fromkeys(one.stream.name for one in selected))
        for unknown in (one for one in catalog.streams if one.stream.name not in STREAM_NAMES):
            logger.warning("Stream '%s' does not exist in this source: refresh the schema.", unknown.stream.name)
            yield as_airbyte_message(unknown.stream, AirbyteStreamStatus.INCOMPLETE)
        states = _read_states(selected, state, parsed)
        if not names:
            return
        api = _connect(parsed, self._patience)
        sync = Sync(parsed, api, names)
        readings = sync.readings(states)
        try:
            sync.log_beginning(names)
            streams = readable_streams(names, sync, readings, logger, self._queue.put)
            runner = ConcurrentSource.create(
                num_workers=len(names) + parsed.num_workers,
                initial_number_of_partitions_to_generate=len(names),
                logger=logger,
                slice_logger=DebugSliceLogger(),
                message_repository=self._repository,
                queue=self._queue,
            )
            yield from with_own_error(runner.read([*streams]), readings)
        finally:
            self._queue.stop()
            end_all(readings)
            sync.log_end()
            sync.close()


def _connect(config: Config, patience: Patience) -> Mailjet:
    return Mailjet(config.api_url, config.api_key, config.api_key_secret, config.max_requests_per_second, patience)


def _read_states(
    selected: list[ConfiguredAirbyteStream], state: list[AirbyteStateMessage] | None, config: Config
) -> dict[str, dict[str, FeedState]]:
    """The states of each selected stream's feeds; a full refresh begins without."""
    try:
        manager = ConnectorStateManager(state)
    except (ValueError, AttributeError):
        raise ConfigurationError("The state is not one of single streams: clear this connection's data.") from None
    states: dict[str, dict[str, FeedState]] = {}
    for one in selected:
        name, feeds = one.stream.name, [feed.name for feed in feeds_of(one.stream.name)]
        written = manager.get_stream_state(name, None) if one.sync_mode is SyncMode.incremental else {}
        states[name] = parse_state(name, written, feeds, config.api_key_digest)
    return states
