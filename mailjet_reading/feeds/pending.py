"""The memory of deliveries: messages that are not delivered yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailjet_reading.packing import pack, unpack


@dataclass
class Sightings:
    """The lesson of a part on pending messages: those it saw pending, those that had waited then, and those whose
    outcome is known. Numbers of messages, with their arrival in Unix seconds.
    """

    pending: dict[int, int] = field(default_factory=dict)
    waited: dict[int, int] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)
    is_watched: bool = False


@dataclass(frozen=True)
class Pending:
    """`pending`: number and arrival of each message that was not delivered yet. `waited`: those of them that a sync saw
    pending `WAITED_S` or more after their arrival. `is_watched`: the sends before the start were looked at for such.
    """

    pending: Mapping[int, int] = field(default_factory=dict)
    waited: Mapping[int, int] = field(default_factory=dict)
    is_watched: bool = False

    def lesson(self) -> Sightings:
        return Sightings()

    def learn(self, lesson: Sightings) -> Pending:
        return Pending(
            _without(lesson.decided, {**self.pending, **lesson.pending}),
            _without(lesson.decided, {**self.waited, **lesson.waited}),
            self.is_watched or lesson.is_watched,
        )

    def to_json(self) -> dict[str, Any]:
        packed = {name: pack(members) for name, members in self._members() if members}
        return packed | ({"is_watched": True} if self.is_watched else {})

    def _members(self) -> tuple[tuple[str, Mapping[int, int]], ...]:
        return ("pending", self.pending), ("waited", self.waited)

    @classmethod
    def parse(cls, written: Mapping[str, Any]) -> Pending:
        is_watched = written.get("is_watched", False)
        if not isinstance(is_watched, bool):
            raise TypeError("is_watched")
        return cls(unpack(written.get("pending", "")), unpack(written.get("waited", "")), is_watched)


def _without(numbers: set[int], members: dict[int, int]) -> dict[int, int]:
    for number in numbers:
        members.pop(number, None)
    return members
