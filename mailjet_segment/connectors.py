"""The two connectors as executables beside this Python."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailjet_segment.failure import installing
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
    raise Failure(f"{name} is not installed in {folders[0]}; install it with: {installing('demo')}.")
