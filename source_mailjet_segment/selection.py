"""The streams that the platform selects in the configured catalog, and the state that it remembers of each."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    SyncMode,
)

from mailjet_reading.config import Config
from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.state import MEND, FeedState, parse_stream_state
from mailjet_rest.windows import DAY_S
from program.failure import ConfigurationError
from source_mailjet_segment.from_collector.states import parse_stretches, refuse_state_of_collector
from source_mailjet_segment.from_collector.stretches import Stretch
from source_mailjet_segment.streams import STREAM_NAMES


def select_streams(
    catalog: ConfiguredAirbyteCatalog, logger: logging.Logger
) -> tuple[list[ConfiguredAirbyteStream], list[ConfiguredAirbyteStream]]:
    """The streams to read, and those that do not exist here. Warns if a setting has no effect.

    Raises `ConfigurationError` for a stream that is selected twice, because nobody knows which of its modes is meant.
    """
    _refuse_repeated([entry.stream.name for entry in catalog.streams])
    selected = [entry for entry in catalog.streams if entry.stream.name in STREAM_NAMES]
    unknown = [entry for entry in catalog.streams if entry.stream.name not in STREAM_NAMES]
    if not catalog.streams:
        logger.warning("The catalog selects no stream, so nothing is read: select streams in the connection.")
    for entry in unknown:
        logger.warning("Stream '%s' does not exist in this source: refresh the schema.", entry.stream.name)
    for entry in selected:
        _warn_of_no_effect(entry, logger)
    return selected, unknown


def _refuse_repeated(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"Stream '{name}' is in the catalog more than once: leave one of them.")


def _warn_of_no_effect(entry: ConfiguredAirbyteStream, logger: logging.Logger) -> None:
    """The source defines cursor and primary key, so another choice has no effect."""
    if entry.cursor_field and entry.cursor_field != ["timestamp"]:
        _warn_of_fixed(logger, entry, "cursor", "timestamp")
    if entry.primary_key and entry.primary_key != [["id"]]:
        _warn_of_fixed(logger, entry, "primary key", "id")


def read_states(
    selected: Sequence[ConfiguredAirbyteStream],
    given: Sequence[AirbyteStateMessage] | None,
    config: Config,
    now_s: float,
    logger: logging.Logger,
) -> dict[str, dict[str, FeedState]]:
    """The states of each selected stream's feeds; a full refresh begins without. `now_s` in Unix seconds.

    Raises `ConfigurationError` for a state from which a sync cannot continue: if it silently began anew, it would read
    the whole history a second time, and spend the requests for it. States of streams that are not selected stay.
    """
    states: dict[str, dict[str, FeedState]] = {}
    for name, content in _contents(selected, given, logger).items():
        refuse_state_of_collector(name, content)
        states[name] = parse_stream_state(name, content, feeds_of(name), config.api_key_digest)
        for state in states[name].values():
            if state.windows.read_until > now_s + DAY_S:
                until = datetime.fromtimestamp(state.windows.read_until, timezone.utc)
                raise ConfigurationError(
                    f"The state of stream '{name}' says that events were read up to {until:%Y-%m-%d}, which lies in "
                    f"the future: set this machine's clock right, or {MEND}."
                )
    return states


def read_stretches(
    selected: Sequence[ConfiguredAirbyteStream],
    given: Sequence[AirbyteStateMessage] | None,
    config: Config,
    logger: logging.Logger,
) -> dict[str, list[Stretch]]:
    """As `read_states`, of streams that are read from a collector."""
    contents = _contents(selected, given, logger)
    return {name: parse_stretches(name, content, config.api_key_digest) for name, content in contents.items()}


def _contents(
    selected: Sequence[ConfiguredAirbyteStream],
    given: Sequence[AirbyteStateMessage] | None,
    logger: logging.Logger,
) -> dict[str, Mapping[str, Any]]:
    """The content of each selected stream's state; empty for a full refresh and for a first sync."""
    written = {state.stream_descriptor.name: _content(state) for state in _per_stream(given or ())}
    unknown = sorted(name for name in written if name not in STREAM_NAMES)
    if unknown and len(unknown) == len(written):
        raise ConfigurationError(
            f"The state is of stream '{unknown[0]}', which this source does not have: it belongs to another "
            f"connector; {MEND}."
        )
    for name in unknown:
        logger.warning("The state of stream '%s', which this source does not have, is left aside.", name)
    incremental = {entry.stream.name for entry in selected if entry.sync_mode is SyncMode.incremental}
    names = [entry.stream.name for entry in selected]
    return {name: written.get(name, {}) if name in incremental else {} for name in names}


def _warn_of_fixed(logger: logging.Logger, entry: ConfiguredAirbyteStream, setting: str, column: str) -> None:
    logger.warning(
        "The %s of stream '%s' is '%s', whatever the catalog says: refresh the schema.",
        setting,
        entry.stream.name,
        column,
    )


def _per_stream(given: Iterable[AirbyteStateMessage]) -> list[AirbyteStreamState]:
    found: list[AirbyteStreamState] = []
    for entry in given:
        if entry.type is AirbyteStateType.STREAM and entry.stream:
            found.append(entry.stream)
        elif entry.type is AirbyteStateType.GLOBAL and entry.global_ and not entry.global_.shared_state:
            found += entry.global_.stream_states or ()
        else:
            raise ConfigurationError(f"The state is not one of single streams (type STREAM): {MEND}.")
    return found


def _content(state: AirbyteStreamState) -> Mapping[str, Any]:
    return vars(state.stream_state) if state.stream_state else {}
