"""The file that an answer is written to: what it cannot be is refused before the work, which may take long."""

from __future__ import annotations

from pathlib import Path

from mailjet_segment.analytics.place import Place
from program.failure import Failure


def refuse_impossible(output: Path) -> None:
    """Raises `Failure` if no file can be written there."""
    if output.is_dir():
        raise Failure(f"{output} is a folder; give the path of a file in it as -o.")
    if not output.parent.is_dir():
        raise Failure(f"{output} cannot be written, for its folder is not there: make it, or give another -o.")


def refuse_own_file(place: Place, output: Path) -> None:
    """Raises `Failure` if `output` is the place itself: what is written would replace all events."""
    if place.file and place.file.exists() and output.exists() and output.samefile(place.file):
        raise Failure(f"{output} holds the tables themselves, and would be lost; give another -o.")
