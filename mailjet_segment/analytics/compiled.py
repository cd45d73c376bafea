"""The models that come with the program: SQL of DuckDB, compiled from `analytics/`, and the seeds they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

ORDER = "ORDER"
"""The file that names the models, a line each, each after those that it reads."""


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
    names = (folder / ORDER).read_text("utf-8").split()
    return [Model(name, (folder / f"{name}.sql").read_text("utf-8").strip().rstrip(";")) for name in names]


def read_seeds(folder: Traversable) -> Sequence[Seed]:
    """The seeds of a folder."""
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda file: file.name)
    return [Seed(file.name.removesuffix(".csv"), file) for file in found]
