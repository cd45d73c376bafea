"""Places that hold the tables of events, as users name them: a DuckDB file, a PostgreSQL, the file of a store."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mailjet_segment.loads.target import parse_target
from program.failure import Failure

_SQLITE = "sqlite:///"
_POSTGRESQL = re.compile(r"postgres(ql)?://")


@dataclass(frozen=True)
class Place:
    """`address` is a path, or a URL that may hold a password; `name` is for people, without it.

    `conversions`: a table of the user's there, for what people did after an email.
    """

    kind: Literal["duckdb", "postgresql", "sqlite"]
    address: str = field(repr=False)
    name: str
    conversions: str | None = None

    @property
    def file(self) -> Path | None:
        """The file that it is; None for a server."""
        return None if self.kind == "postgresql" else Path(self.address)


def existing_file(place: Place) -> Path:
    """The file of a place that is one; raises `Failure` if it is not there."""
    path = Path(place.address)
    if path.is_dir():
        raise Failure(f"{path} is a folder; give the path of a file in it.")
    if not path.exists():
        raise Failure(f"{path} is not there: run mailjet-segment sync first, or give the right path.")
    return path


def duckdb_place(path: Path) -> Place:
    """The place that a DuckDB file is; raises `Failure` for a path without a name."""
    if not path.name:
        raise Failure(f"{path} is a folder; give the path of a file in it as --duckdb.")
    return Place("duckdb", str(path), str(path))


def parse_place(text: str) -> Place:
    """The place that a user names by a URL; raises `Failure`, which quotes no password."""
    if text.startswith(_SQLITE) and text != _SQLITE:
        path = text.removeprefix(_SQLITE)
        return Place("sqlite", path, path)
    if text.startswith("duckdb:///") and text != "duckdb:///":
        return duckdb_place(Path(text.removeprefix("duckdb:///")))
    if _POSTGRESQL.match(text):
        target = parse_target(text)
        return Place("postgresql", target.address, target.name)
    raise Failure(
        "--database must be postgresql://user@host/database, sqlite:///events.db (the store of a collector or of "
        "sync), or duckdb:///a-file.duckdb."
    )
