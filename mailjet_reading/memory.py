"""The memory of a feed beside its windows: nothing, or a memory that its own file defines (`feeds/pending.py`,
`feeds/engaged.py`).

A memory is a value. Each part notes new facts in a *lesson* of its own: it counts when the part was read to
its end, or after each batch, if the part is saved by batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Memory(Protocol):
    """The memory of one feed. Called without arguments, its class gives the memory of a feed that was never read."""

    def lesson(self) -> Any:
        """An empty lesson for one part."""

    def learn(self, lesson: Any) -> Memory:
        """The memory with a lesson. Learning a lesson again, when it has grown, changes nothing else."""

    def to_json(self) -> dict[str, Any]:
        """The memory as a STATE message has it; members that are empty are left out."""

    @classmethod
    def parse(cls, written: Mapping[str, Any]) -> Memory:
        """The memory that `to_json` wrote; raises `ValueError`, `TypeError` or `KeyError` for anything else."""


@dataclass(frozen=True)
class NoMemory:
    """The memory of a feed whose events are listed by their own time: the windows are enough."""

    def lesson(self) -> None:
        return None

    def learn(self, lesson: None) -> NoMemory:
        return self

    def to_json(self) -> dict[str, Any]:
        return {}

    @classmethod
    def parse(cls, written: Mapping[str, Any]) -> NoMemory:
        return cls()
