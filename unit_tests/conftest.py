"""Reading the sandbox with the source, in this process: what a sync emitted, and what it asked Mailjet for."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, settings

from lab.leak_watch.watch import LeakWatch
from mailjet_rest.client import Patience
from mailjet_sandbox.happened import BLOCKED_STREAM, STREAMS, Happened
from mailjet_sandbox.sandbox import Sandbox
from source_mailjet_segment.source import SourceMailjetSegment
from source_mailjet_segment.streams import STREAM_NAMES

SEGMENT_STREAMS = tuple(name for name in STREAM_NAMES if name != BLOCKED_STREAM)
"""The streams that Segment's own source has, and what a user selects who wants its tables."""
# Property-based tests try the same examples each time, on a slow machine too: a law that fails must fail for everybody.
settings.register_profile(
    "same_each_time",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same_each_time")

IMPATIENT = Patience(unavailable_s=1, malformed_tries=3, first_wait_s=0.01)
"""Gives up soon what fails. An answer may take its time: on a busy machine, a repeated request would be counted."""

HASTY = replace(IMPATIENT, read_s=1, answer_s=1)
"""Also gives up soon an answer that does not come, or not to its end."""


@dataclass
class Synced:
    """A sync's records by stream, the last state of each stream, the statuses, and the sentences of its errors.

    Nothing may come of a stream that has ended.
    """

    records: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, AirbyteStateMessage] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    failed: str | None = None
    error: AirbyteTracedException | None = None

    def add(self, message: AirbyteMessage) -> None:
        if message.type is Type.RECORD and message.record:
            assert self.is_running(message.record.stream)
            self.records[message.record.stream].append(message.record.data)
        elif message.type is Type.STATE and message.state and message.state.stream:
            assert self.is_running(message.state.stream.stream_descriptor.name)
            self.states[message.state.stream.stream_descriptor.name] = message.state
        elif message.type is Type.TRACE and message.trace:
            if message.trace.error:
                self.errors.append(message.trace.error.message)
            if message.trace.stream_status:
                status = message.trace.stream_status
                self.statuses[status.stream_descriptor.name] = status.status.value

    def is_running(self, stream: str) -> bool:
        return self.statuses.get(stream) in {"STARTED", "RUNNING"}

    @property
    def state(self) -> list[AirbyteStateMessage]:
        """What the platform would give to the next sync."""
        return list(self.states.values())

    def ids(self, stream: str) -> list[str]:
        return [record["id"] for record in self.records[stream]]

    @property
    def count(self) -> int:
        return sum(map(len, self.records.values()))


def configure(sandbox: Sandbox, start: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """A configuration that reads the sandbox from its first send on, as fast as it goes."""
    return {
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "start_date": (start or sandbox.start).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "max_requests_per_second": 10_000,
        **fields,
    }


def configure_catalog(streams: Sequence[str], full_refresh: Sequence[str] = ()) -> ConfiguredAirbyteCatalog:
    """The streams in this order, incremental but for those of `full_refresh`."""
    described = {one.name: one.as_airbyte_stream() for one in SourceMailjetSegment().streams({})}
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=described[name],
                sync_mode=SyncMode.full_refresh if name in full_refresh else SyncMode.incremental,
                destination_sync_mode=DestinationSyncMode.append,
            )
            for name in streams
        ]
    )


@dataclass(frozen=True)
class Reader:
    """Runs syncs; `until` stops one after so many messages, as a crash would. `hear` gets all but the records."""

    hear: Callable[[str], None] = lambda message: None

    patience: Patience = IMPATIENT

    def __call__(
        self,
        sandbox: Sandbox,
        state: Sequence[AirbyteStateMessage] = (),
        streams: Sequence[str] = SEGMENT_STREAMS,
        full_refresh: Sequence[str] = (),
        until: int | None = None,
        on_message: Callable[[AirbyteMessage], None] | None = None,
        **fields: Any,
    ) -> Synced:
        synced = Synced()
        messages = SourceMailjetSegment(self.patience).read(
            logging.getLogger("airbyte"),
            configure(sandbox, **fields),
            configure_catalog(streams, full_refresh),
            list(state),
        )
        try:
            for number, message in enumerate(messages):
                if number == until:
                    break
                synced.add(message)
                if message.type is not Type.RECORD:
                    self.hear(orjson.dumps(AirbyteMessageSerializer.dump(message)).decode())
                if on_message:
                    on_message(message)
        except AirbyteTracedException as error:
            synced.failed, synced.error = str(error), error
            self.hear(synced.failed)
        finally:
            messages.close()  # type: ignore[attr-defined]
        return synced


@pytest.fixture
def read(leak_watch: LeakWatch) -> Reader:
    """Runs a sync of the source on a sandbox: `read(sandbox, state, streams=..., any_field=...)`."""
    return Reader(leak_watch.hear)


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """What the connectors log. Not by `caplog`: a runtime that shares their logger may keep it for itself."""
    lines: list[str] = []
    logger = logging.getLogger("airbyte")
    level, handler = logger.level, logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.setLevel(level)
    logger.removeHandler(handler)


def expected(happened: Sequence[Happened]) -> dict[str, dict[str, Happened]]:
    """What REST can tell of what happened, by stream and id."""
    told: dict[str, dict[str, Happened]] = {stream: {} for stream in STREAMS.values()}
    for one in happened:
        if not one.beyond_rest:
            told[one.stream][one.id] = one
    return told


@pytest.fixture
def truth_of() -> Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]:
    """What a sync must emit of what happened."""
    return expected
