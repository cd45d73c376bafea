"""The models that come with the program: SQL of DuckDB, compiled from `analytics/`, and the seeds they read.

`2_mailjet__messages.sql` makes the table `mailjet__messages` of what those before it made; a seed is a CSV file of
texts, with a head, that makes a table of its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Model:
    """A query, and the name of the table that it makes."""

    name: str
    query: str


@dataclass(frozen=True)
class Seed:
    """A table that is a file: CSV with a head."""

    name: str
    file: Traversable


def compiled_models() -> Traversable:
    """The folder of the program's own models."""
    return files("mailjet_segment.analytics") / "compiled"


def read_models(folder: Traversable) -> Sequence[Model]:
    """The models of a folder, in their order."""
    return [
        Model(file.name.removesuffix(".sql").partition("_")[2], file.read_text("utf-8").strip().rstrip(";"))
        for file in sorted(_files(folder, ".sql"), key=lambda file: int(file.name.partition("_")[0]))
    ]


def read_seeds(folder: Traversable) -> Sequence[Seed]:
    """The seeds of a folder."""
    return [Seed(file.name.removesuffix(".csv"), file) for file in _files(folder, ".csv")]


def _files(folder: Traversable, suffix: str) -> Iterator[Traversable]:
    return (file for file in folder.iterdir() if file.name.endswith(suffix))
