"""The windows that a feed has read, and the events in them that a later sync may list again. Every feed has these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mailjet_reading.limits import EDGE_S
from mailjet_reading.packing import pack, unpack
from mailjet_reading.written import parse_list, parse_second, second_text
from mailjet_rest.windows import Span, contains, merge, subtract


@dataclass(frozen=True)
class Windows:
    """Instants are Unix seconds, by the feed's own clock.

    `covered`: the windows that were read to their end. `read_until`: the latest end of one. `recent`: the digest of
    each emitted event that a later sync may list again, with its second. `recent_since`: from when on `recent` is
    complete.
    """

    covered: tuple[Span, ...] = ()
    read_until: int = 0
    recent: Mapping[int, int] = field(default_factory=dict)
    recent_since: int = 0

    def known_until(self, lookback_s: int) -> int:
        """The second from which on the last windows are read again: at most back to `recent_since`."""
        return max(self.read_until - lookback_s, self.recent_since)

    def missing(self, since: int, until: int, lookback_s: int) -> list[Span]:
        """The windows of `[since, until)` that a sync has to read: those never read, and the lookback before the last
        end.
        """
        done = subtract(self.covered, [(self.known_until(lookback_s), max(until, self.read_until) + 1)])
        return subtract([(since, until)], done)

    def uncover(self, spans: Sequence[Span]) -> Windows:
        """The windows while `spans` are being read: none of them is covered until it was read to its end."""
        return replace(self, covered=tuple(subtract(self.covered, spans)))

    def covers(self, span: Span) -> bool:
        """Whether all of a span was read to its end."""
        return not subtract([span], self.covered)

    def cover(self, span: Span, lookback_s: int) -> Windows:
        """The windows after one was read to its end; forgets events that can no longer be listed again."""
        read_until = max(self.read_until, span[1])
        covered = merge([*self.covered, span])
        since = read_until - lookback_s
        kept = {
            number: second
            for number, second in self.recent.items()
            if second >= since - EDGE_S or not _is_inside(covered, second)
        }
        return Windows(tuple(covered), read_until, kept, max(since, self.recent_since))

    def learn(self, recent: Mapping[int, int]) -> Windows:
        """The windows with more emitted events."""
        return replace(self, recent={**self.recent, **recent})

    def newest(self, most: int) -> Windows:
        """The windows with at most so many events: the newest, and of one second always the same."""
        if len(self.recent) <= most:
            return self
        ordered = sorted(self.recent.items(), key=lambda member: (-member[1], member[0]))
        return replace(self, recent=dict(ordered[:most]))

    def to_json(self) -> dict[str, Any]:
        """The windows as a STATE message has them."""
        written: dict[str, Any] = {
            "covered": [[second_text(since), second_text(until)] for since, until in self.covered],
            "read_until": second_text(self.read_until),
            "recent_since": second_text(self.recent_since),
        }
        return written | {"recent": self._packed} if self.recent else written

    @cached_property
    def _packed(self) -> str:
        """`recent` as text, made once: a feed is in the states of several streams, and most states repeat it."""
        return pack(self.recent)


def parse_windows(written: Mapping[str, Any]) -> Windows:
    """The windows that `to_json` wrote; raises `ValueError`, `TypeError` or `KeyError` for anything else."""
    covered = [(parse_second(since), parse_second(until)) for since, until in parse_list(written["covered"])]
    read_until = parse_second(written["read_until"])
    if any(not since < until <= read_until for since, until in covered):
        raise ValueError("windows that cannot be")
    recent = unpack(written.get("recent", ""))
    return Windows(tuple(merge(covered)), read_until, recent, parse_second(written["recent_since"]))


def _is_inside(covered: Sequence[Span], second: int) -> bool:
    """Whether an event is so far inside of covered windows that no listing of another one reaches it."""
    return all(contains(covered, second + away) for away in range(-EDGE_S, EDGE_S + 1))
