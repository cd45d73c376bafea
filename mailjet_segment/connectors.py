"""The two connectors as executables beside this Python, and the check of either before it works."""

from __future__ import annotations

import sys
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailjet_segment.connector_process import ConnectorProcess
from mailjet_segment.connector_words import ConnectorWords, Listener
from mailjet_segment.pyairbyte import load_pyairbyte, silence
from program.failure import Failure

SOURCE = "source-mailjet-segment"
DESTINATION = "destination-segment"


@dataclass(frozen=True)
class Connectors:
    """The executables of both connectors."""

    source: Path
    destination: Path


def find_connectors(folders: Sequence[Path] | None = None) -> Connectors:
    """The connectors that were installed with this command; raises `Failure` if one is missing."""
    places = _script_folders() if folders is None else folders
    return Connectors(_find(SOURCE, places), _find(DESTINATION, places))


def _script_folders() -> list[Path]:
    """The folders beside this Python, and the other folder of `pip install --user`."""
    user = sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))
    return [Path(sys.executable).parent, Path(sys.argv[0]).absolute().parent, Path(user)]


def _find(name: str, folders: Sequence[Path]) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise Failure(f"{name} is not installed in {folders[0]}; install it with: pip install 'mailjet-segment[demo]'.")


def check_source(executable: Path, config: Mapping[str, Any], listener: Listener, stop: threading.Event) -> None:
    """Ask the source whether it can read with `config`, at a dozen requests; raises `Failure` with its answer."""
    load_pyairbyte()
    with silence():
        from airbyte import get_source

        _check(get_source(SOURCE, config=dict(config), local_executable=executable), executable, listener, stop)


def check_destination(executable: Path, config: Mapping[str, Any], listener: Listener, stop: threading.Event) -> None:
    """Ask the destination whether it can work with `config`; raises `Failure` with its answer if it cannot."""
    load_pyairbyte()
    with silence():
        from airbyte import get_destination

        destination = get_destination(DESTINATION, config=dict(config), local_executable=executable)
        _check(destination, executable, listener, stop)


def _check(connector: Any, executable: Path, listener: Listener, stop: threading.Event) -> None:
    from airbyte.exceptions import PyAirbyteError

    words = ConnectorWords(listener)
    connector.executor = ConnectorProcess(executable, words.hear, stop)
    try:
        connector.check()
    except PyAirbyteError as error:
        raise Failure(f"The {connector.connector_type} cannot start: {words.reason() or error.get_message()}") from None
