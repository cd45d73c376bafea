"""A STATE message as the line in which it came, with the destination's count added.

The platform gives every STATE an `id` of its own and refuses an echo without it (airbytehq/airbyte issues 69138 and
70421), the CDK's message classes drop fields that they do not know, and a number that is read and written again may get
other digits. So a line goes back as it is, with nothing but the count added.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from destination_segment.messages import NotAMessage
from segment_api.exact_json import to_text

_STATS = "destinationStats"
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")

StreamKey = tuple[str | None, str]
"""Namespace and name of a stream."""


class _Member(NamedTuple):
    """A member of an object in a text: its value, and the places at which the value begins and ends."""

    value: Any
    start: int
    stop: int


@dataclass(frozen=True)
class StateLine:
    """A line, and the place of the state object in it."""

    line: str
    stream: StreamKey | None
    """The stream of the state; None for the state of all streams, global or legacy."""
    _stats: _Member | None
    _end: int
    """The place in the line after the last member, where a member may be added."""
    _has_members: bool

    def with_count(self, records: int) -> str:
        """The line with the number of records that the state answers for."""
        count = {"recordCount": float(records)}
        if self._stats is None:
            comma = "," if self._has_members else ""
            return f'{self.line[: self._end]}{comma}"{_STATS}":{_compact(count)}{self.line[self._end :]}'
        given = self._stats.value if isinstance(self._stats.value, dict) else {}
        return f"{self.line[: self._stats.start]}{_compact({**given, **count})}{self.line[self._stats.stop :]}"


def parse_state_line(line: bytes) -> StateLine:
    """The STATE message in a line of JSON that is an object; raises `NotAMessage`."""
    text = to_text(line).strip()
    state = _members(text, 0)[0].get("state")
    if state is None or not isinstance(state.value, dict):
        raise NotAMessage("is a STATE message without a state")
    inside, end = _members(text, state.start)
    return StateLine(text, _stream_of(state.value), inside.get(_STATS), end, bool(inside))


def _members(text: str, start: int) -> tuple[dict[str, _Member], int]:
    """The members of the object at `start` (the last of equal names), and the place of its closing brace."""
    found = {}
    at = _skip_space(text, start + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip_space(text, _skip_space(text, at) + 1)
        value, end = _DECODER.raw_decode(text, at)
        found[name] = _Member(value, at, end)
        at = _skip_space(text, end)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return found, at


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _stream_of(state: dict[str, Any]) -> StreamKey | None:
    if not state.get("stream"):
        return None
    try:
        descriptor = state["stream"]["stream_descriptor"]
        namespace, name = descriptor.get("namespace"), descriptor["name"]
    except (KeyError, TypeError, AttributeError):
        name = None
    if not isinstance(name, str) or not isinstance(namespace, str | None):
        raise NotAMessage("is a STATE message of a stream without a name")
    return namespace, name


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
