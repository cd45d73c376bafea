"""The configurations of a sync. The connectors' own rules judge them before the imports that take seconds.

A key that a file lacks is taken from the environment. A key in the file counts more: a variable that was left over from
another account must not change the account that is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailjet_segment.failure import without_secrets
from program.failure import ConfigurationError, Failure, FieldError
from program.json_file import read_object

Config = dict[str, Any]

SOURCE_VARIABLES = {"api_key": "MAILJET_API_KEY", "api_key_secret": "MAILJET_API_KEY_SECRET"}
DESTINATION_VARIABLES = {"write_key": "SEGMENT_WRITE_KEY"}
"""Fields of either configuration, and the variables that fill them if a file lacks them."""


@dataclass(frozen=True)
class Configurations:
    """The contents of the files: of each account, and of the destination; no destination means targets alone.

    `names`: the accounts' names for people, which are those of their files.
    """

    sources: tuple[Config, ...]
    destination: Config | None
    names: tuple[str, ...] = ()


def read_configurations(source_paths: Sequence[Path], destination_path: Path | None) -> Configurations:
    """The contents of all files; raises `Failure` for the first thing in them that the user must change."""
    sources = [read_object("source-config", str(path)) for path in source_paths]
    destination = read_object("destination-config", str(destination_path)) if destination_path else None
    for path, source in zip(source_paths, sources, strict=True):
        _refuse_swapped(source, path, destination, destination_path)
        add_keys(source, SOURCE_VARIABLES, os.environ)
    if destination is not None:
        add_keys(destination, DESTINATION_VARIABLES, os.environ)
    _judge([*zip(source_paths, sources, strict=True)], destination_path, destination)
    _refuse_twins(sources)
    return Configurations(tuple(sources), destination, tuple(map(str, source_paths)))


def add_keys(config: Config, variables: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Fills the keys that a configuration lacks from the environment; returns the variables that were used."""
    lacking = [field for field in variables if config.get(field) is None and environment.get(variables[field])]
    config.update({field: environment[variables[field]] for field in lacking})
    return [variables[field] for field in lacking]


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


def _judge(sources: Sequence[tuple[Path, Config]], destination_path: Path | None, destination: Config | None) -> None:
    """Raises `Failure` with the sentence of the connector that refuses its configuration."""
    from destination_segment.config import parse_config as parse_destination
    from source_mailjet_segment.config import parse_collector_url
    from source_mailjet_segment.config import parse_config as parse_source

    def judge_source(config: Config) -> None:
        parse_source(config)
        if parse_collector_url(config):
            raise FieldError("events_from", "names a collector, whose store is loaded by: mailjet-segment load")

    judged: list[tuple[Path, Config, Callable[[Config], object]]] = [(*source, judge_source) for source in sources]
    if destination_path and destination is not None:
        judged.append((destination_path, destination, parse_destination))
    for path, config, judge in judged:
        try:
            judge(config)
        except ConfigurationError as error:
            raise Failure(without_secrets(f"{path}: {error}{_or_variable(config, error)}", [config])) from None


def _or_variable(config: Config, error: ConfigurationError) -> str:
    """The second place for a key that is missing, as the end of its sentence."""
    for field, variable in {**SOURCE_VARIABLES, **DESTINATION_VARIABLES}.items():
        if config.get(field) is None and f"'{field}'" in error.sentence:
            return f" (Or set the environment variable {variable}.)"
    return ""


def _refuse_twins(sources: Sequence[Config]) -> None:
    keys = [source["api_key"] for source in sources]
    if len(set(keys)) < len(keys):
        raise Failure("Two of the source configurations have the same api_key: give each account once.")
