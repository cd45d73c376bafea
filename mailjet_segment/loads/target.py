"""Targets: where a load goes, as users write it after `--to`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

from program.failure import Failure

DEFAULT_DATABASE = Path("mailjet.duckdb")
"""What `sync` makes, and all others look for, if nobody names another file."""

_DUCKDB = "duckdb:///"
_POSTGRESQL = re.compile(r"postgres(ql)?://")
_DESTINATION = re.compile(r"[a-z][a-z0-9_]*")
_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A warehouse. `address` may hold a password; `name` is the same without it, for people and as an identity."""

    kind: Literal["duckdb", "postgresql", "dlt"]
    address: str = field(repr=False)
    name: str

    @property
    def digest(self) -> str:
        """8 hex digits that tell targets apart. A new password does not change them, so the load goes on."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:8]

    @property
    def consumer(self) -> str:
        """The name under which the store keeps how far this target is."""
        return f"load:{self.digest}"


def parse_target(text: str) -> Target:
    """The target that a user names; raises `Failure`, which quotes no password."""
    if text.startswith(_DUCKDB) and text != _DUCKDB:
        return duckdb_target(Path(text.removeprefix(_DUCKDB)))
    if _POSTGRESQL.match(text):
        return _postgresql(re.sub(_POSTGRESQL, "postgresql://", text))
    if _DESTINATION.fullmatch(text):
        return Target("dlt", text, text)
    raise Failure("--to must be duckdb:///a-file.duckdb, postgresql://user@host/database, or a destination of dlt.")


def parse_targets(texts: Iterable[str]) -> list[Target]:
    """The targets that a user names, each once; raises `Failure`."""
    return distinct(map(parse_target, texts))


def distinct(targets: Iterable[Target]) -> list[Target]:
    """The targets without those that are there already under another address: the password may differ."""
    return list({target.name: target for target in targets}.values())


def duckdb_target(path: Path) -> Target:
    """A DuckDB file; it keeps its identity whatever folder the command is started in."""
    place = str(path.absolute())
    return Target("duckdb", place, f"{_DUCKDB}{place}")


def _postgresql(text: str) -> Target:
    base, _, query = text.partition("?")
    shown = re.sub(r"(?<=//)([^@/]*?)(:[^@/]*)?@", r"\1@", base, count=1)
    pairs = [pair for pair in parse_qsl(query) if not _SECRET.search(pair[0])]
    return Target("postgresql", text, f"{shown}?{urlencode(pairs, quote_via=quote)}" if pairs else shown)
