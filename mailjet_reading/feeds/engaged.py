"""The memory of engagements: which unsubscribes and complaints are known. `emitted_before` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mailjet_reading.limits import MOST_LOOKS, SEEN_BYTES
from mailjet_reading.packing import pack, unpack
from mailjet_reading.written import parse_list, parse_second, second_text


class Look(NamedTuple):
    """A completed sync emitted the events of `[since, until)` of messages that were sent from `sends_since` on."""

    since: int
    until: int
    sends_since: int


class Completion(NamedTuple):
    """A reading came to its end: its look, and the sends and requests that no later sync needs to know of."""

    look: Look
    forget_sends_before: int
    forget_lacking_until: int


@dataclass
class Marks:
    """The lesson of a part on engagements: marks with the sending of their message, and the histories that lack an
    event with the second of the request. `start`: the start date that marks are written for. `completion` is set when
    all sends were looked at.
    """

    seen: dict[int, int] = field(default_factory=dict)
    lacking: dict[int, int] = field(default_factory=dict)
    start: int | None = None
    completion: Completion | None = None


@dataclass(frozen=True)
class Engaged:
    """`seen`: the marks of unsubscribes and complaints (`emitted_before.py`), with the sending of their message.
    `seen_since`: from which sending on these are complete. `looks`: which events, of which sends, each completed sync
    has emitted. `starts`: the start dates that `seen` was written for. `lacking`: the messages whose history does not
    show the unsubscribe or complaint that their status names, with the second of the request.
    """

    seen: Mapping[int, int] = field(default_factory=dict)
    seen_since: int = 0
    looks: tuple[Look, ...] = ()
    starts: tuple[int, ...] = ()
    lacking: Mapping[int, int] = field(default_factory=dict)

    def lesson(self) -> Marks:
        return Marks()

    def learn(self, lesson: Marks) -> Engaged:
        starts = {*self.starts, *(() if lesson.start is None else (lesson.start,))}
        learned = replace(
            self,
            seen={**self.seen, **lesson.seen},
            starts=tuple(sorted(starts)),
            lacking={**self.lacking, **lesson.lacking},
        )
        return learned._complete(lesson.completion) if lesson.completion else learned

    def _complete(self, done: Completion) -> Engaged:
        """The memory when all sends were looked at: older sends are known by the look alone from now on."""
        is_complete_since = min(done.look.sends_since, self.seen_since)
        seen_since = max(is_complete_since, done.forget_sends_before)
        return replace(
            self,
            seen={mark: sent_at for mark, sent_at in self.seen.items() if sent_at >= seen_since},
            seen_since=seen_since,
            looks=add_look(self.looks, done.look),
            lacking={mark: second for mark, second in self.lacking.items() if second > done.forget_lacking_until},
        )

    def to_json(self) -> dict[str, Any]:
        members = (("seen", self.seen), ("lacking", self.lacking))
        written: dict[str, Any] = {name: pack(marks, SEEN_BYTES) for name, marks in members if marks}
        if self.starts or self.looks or self.seen_since:
            written |= {
                "seen_since": second_text(self.seen_since),
                "looks": [[second_text(second) for second in look] for look in self.looks],
                "starts": [second_text(second) for second in self.starts],
            }
        return written

    @classmethod
    def parse(cls, written: Mapping[str, Any]) -> Engaged:
        return cls(
            seen=unpack(written.get("seen", ""), SEEN_BYTES),
            seen_since=parse_second(written["seen_since"]) if "seen_since" in written else 0,
            looks=tuple(Look(*map(parse_second, look)) for look in parse_list(written.get("looks", []))),
            starts=tuple(map(parse_second, parse_list(written.get("starts", [])))),
            lacking=unpack(written.get("lacking", ""), SEEN_BYTES),
        )


def add_look(looks: tuple[Look, ...], new: Look) -> tuple[Look, ...]:
    """The looks with a new one, none of which contains another."""
    if any(_contains(look, new) for look in looks):
        return looks
    kept = [look for look in looks if not _contains(new, look)]
    if len(kept) >= MOST_LOOKS:
        half = len(kept) // 2
        kept = kept[:half:2] + kept[half:]
    return (*kept, new)


def _contains(look: Look, other: Look) -> bool:
    return look.since <= other.since and other.until <= look.until and look.sends_since <= other.sends_since
