"""The two connectors as executables beside this Python, and what is asked of either before it works."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailjet_segment.connector_words import ConnectorWords, Listener
from mailjet_segment.failure import Failure
from mailjet_segment.pyairbyte import load_pyairbyte, silence
from mailjet_segment.watched_executor import WatchedExecutor

SOURCE = "source-mailjet-segment"
DESTINATION = "destination-segment"


@dataclass(frozen=True)
class Connectors:
    """The executables of both connectors."""

    source: Path
    destination: Path


def find_connectors(folder: Path = Path(sys.executable).parent) -> Connectors:
    """The connectors that were installed with this command; raises `Failure` where one is missing."""
    connectors = Connectors(folder / SOURCE, folder / DESTINATION)
    for path in (connectors.source, connectors.destination):
        if not path.is_file():
            raise Failure(
                f"{path.name} is not installed in {folder}; install it with: pip install 'mailjet-segment[demo]'."
            )
    return connectors


def check_source(executable: Path, config: Mapping[str, Any], listener: Listener) -> None:
    """Ask the source whether it can read with `config`, at a dozen requests; raises `Failure` with its answer."""
    load_pyairbyte()
    with silence():
        from airbyte import get_source

        _check(get_source(SOURCE, config=dict(config), local_executable=executable), listener)


def check_destination(executable: Path, config: Mapping[str, Any], listener: Listener) -> None:
    """Ask the destination whether it can work with `config`; raises `Failure` with its answer if it cannot."""
    load_pyairbyte()
    with silence():
        from airbyte import get_destination

        _check(get_destination(DESTINATION, config=dict(config), local_executable=executable), listener)


def _check(connector: Any, listener: Listener) -> None:
    from airbyte.exceptions import PyAirbyteError

    words = ConnectorWords(listener)
    connector.executor = WatchedExecutor(connector.executor, words.hear, threading.Event())
    try:
        connector.check()
    except PyAirbyteError as error:
        raise Failure(f"The {connector.connector_type} cannot start: {words.reason() or error.get_message()}") from None
