"""The models that come with the program: SQL of DuckDB, compiled from `analytics/`.

`2_mailjet__messages.sql` makes the table `mailjet__messages` of what those before it made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Model:
    """A query, and the name of the table that it makes."""

    name: str
    query: str


def compiled_models() -> Traversable:
    """The folder of the program's own models."""
    return files("mailjet_segment.analytics") / "compiled"


def read_models(folder: Traversable) -> Sequence[Model]:
    """The models of a folder, in their order."""
    files_of_sql = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return [
        Model(file.name.removesuffix(".sql").partition("_")[2], file.read_text("utf-8").strip().rstrip(";"))
        for file in sorted(files_of_sql, key=lambda file: int(file.name.partition("_")[0]))
    ]
