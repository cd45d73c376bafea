"""The files that a command is given: each is read once, or refused in one sentence.

The CDK's own readers answer the same mistakes with a stack trace, which may quote the file.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    SyncMode,
)

from program.failure import ConfigurationError
from program.json_file import read_json, read_object

_SYNC_MODES = [mode.value for mode in SyncMode]


def read_config_file(path: str) -> MutableMapping[str, Any]:
    """The configuration as it is in the file; raises `ConfigurationError` for anything but a JSON object."""
    return read_object("config", path)


def read_catalog_file(path: str) -> ConfiguredAirbyteCatalog:
    """The configured catalog in the file; raises `ConfigurationError` for anything else."""
    content = read_json("catalog", path)
    streams = content.get("streams") if isinstance(content, dict) else None
    for entry in streams if isinstance(streams, list) else ():
        stream = entry.get("stream") if isinstance(entry, dict) else None
        name = stream.get("name") if isinstance(stream, dict) else None
        if isinstance(name, str) and entry.get("sync_mode") not in _SYNC_MODES:
            raise ConfigurationError(
                f"Stream '{name}' of the catalog has no known 'sync_mode': use {' or '.join(_SYNC_MODES)}."
            )
    try:
        catalog = ConfiguredAirbyteCatalogSerializer.load(content)
        if all(isinstance(entry.stream.name, str) for entry in catalog.streams):
            return catalog
    except Exception:  # whatever the CDK's reader of dataclasses stumbles over
        pass
    raise ConfigurationError(
        "The file of --catalog is not a configured catalog: it needs 'streams', each with 'stream' as discover "
        "prints it, 'sync_mode' and 'destination_sync_mode' (docs/docker.md shows how to make it of discover's answer)."
    )


def read_state_file(path: str | None) -> list[AirbyteStateMessage]:
    """The states in the file, none for a first sync; raises `ConfigurationError` for anything else."""
    content = read_json("state", path) if path else []
    if content in (None, {}):
        return []
    try:
        if not isinstance(content, list):
            raise TypeError
        return [AirbyteStateMessageSerializer.load(entry) for entry in content]
    except Exception:  # whatever the CDK's reader of dataclasses stumbles over
        raise ConfigurationError(
            "The file of --state is not a list of states: give the 'state' of the last STATE message of each stream, "
            "or leave --state out to read everything again."
        ) from None
