"""Both configurations of a sync. The connectors' own rules judge them before the imports that take seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailjet_segment.failure import without_secrets
from program.failure import ConfigurationError, Failure
from program.json_file import read_object

Config = dict[str, Any]


@dataclass(frozen=True)
class Configurations:
    """The contents of the two files; no destination means DuckDB alone."""

    source: Config
    destination: Config | None


def read_configurations(source_path: Path, destination_path: Path | None) -> Configurations:
    """The contents of both files; raises `Failure` for the first thing in them that the user must change."""
    source = read_object("source-config", str(source_path))
    destination = read_object("destination-config", str(destination_path)) if destination_path else None
    _refuse_swapped(source, source_path, destination, destination_path)
    _judge(source, source_path, destination, destination_path)
    return Configurations(source, destination)


def _refuse_swapped(
    source: Config, source_path: Path, destination: Config | None, destination_path: Path | None
) -> None:
    source_is_other = "write_key" in source and "api_key" not in source
    destination_is_other = destination is not None and "api_key" in destination and "write_key" not in destination
    if source_is_other and destination_is_other:
        raise Failure(
            f"The two configurations are swapped: {source_path} is the destination's, {destination_path} the source's."
        )
    if source_is_other:
        raise Failure(f"The configuration {source_path} is the destination's: give it as --destination-config.")
    if destination_is_other:
        raise Failure(f"The configuration {destination_path} is the source's: give it as --source-config.")


def _judge(source: Config, source_path: Path, destination: Config | None, destination_path: Path | None) -> None:
    """Raises `Failure` with the sentence of the connector that refuses its configuration."""
    from destination_segment.config import parse_config as parse_destination
    from source_mailjet_segment.config import parse_config as parse_source

    judged = ((source_path, source, parse_source), (destination_path, destination, parse_destination))
    for path, config, judge in judged:
        try:
            if config is not None:
                judge(config)
        except ConfigurationError as error:
            raise Failure(without_secrets(f"{path}: {error}", [config or {}])) from None
