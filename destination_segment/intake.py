"""From lines of the input to batches and waiting states, in one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from destination_segment.beginnings import FIRST, Beginnings
from destination_segment.encoder import Encode
from destination_segment.messages import NotAMessage, completed_stream, parse_airbyte_message, parse_record
from destination_segment.state_line import StreamKey
from destination_segment.states import States
from destination_segment.tally import Tally
from segment_api.call import Deleted, Rejected
from segment_api.packer import Batch, Packer
from segment_api.verdict import name_event


class InputRefused(ValueError):
    """The sync cannot continue with this input. The text is one sentence; of a record it quotes only the id."""


class Intake:
    """Takes one line after the other: its record or state goes into the packer, the states and the tally."""

    def __init__(
        self,
        streams: frozenset[str],
        encode: Encode,
        packer: Packer,
        states: States,
        tally: Tally,
        *,
        leaves_out: Callable[[str], bool],
        skips: bool,
        name_of: Callable[[str, Mapping[str, Any]], str] = lambda stream, record: stream,
    ) -> None:
        """`leaves_out`: whether to pass over a stream. `skips`: whether to skip events that Segment would drop.
        `name_of`: the name of a record's event in the tally.
        """
        self._name_of = name_of
        self._encode, self._packer, self._states, self._tally = encode, packer, states, tally
        self._streams, self._skips = streams, skips
        self._repeating = frozenset(filter(leaves_out, streams))
        self._incomplete = set(streams)
        self._beginnings = Beginnings()
        self._line = 0

    @property
    def incomplete(self) -> list[str]:
        """Streams that the source never called complete."""
        return sorted(self._incomplete)

    def take(self, line: bytes, *, is_whole: bool = True) -> Batch | None:
        """Takes a line; returns a batch if the line filled a batch. Raises `InputRefused`."""
        self._line += 1
        try:
            message = parse_airbyte_message(line)
            kind = message["type"] if message else None
            if kind == "RECORD":
                return self._take_record(message, line)
            if kind == "STATE":
                self._states.hold(line, self._packer.position)
            elif kind == "TRACE":
                self._incomplete.discard(completed_stream(message))
        except NotAMessage as error:
            raise InputRefused(self._explain(str(error), is_whole)) from None
        except RecursionError:
            raise InputRefused(self._explain("is nested too deep", is_whole)) from None
        return None

    def _take_record(self, message: Mapping[str, Any], line: bytes) -> Batch | None:
        namespace, stream, data = parse_record(message, line)
        if stream not in self._streams:
            raise InputRefused(f"Line {self._line} of the input is a record of {stream}, a stream not in the catalog.")
        key = (namespace, stream)
        self._states.note_record(key)
        if stream in self._repeating:
            self._tally.leave_out(stream)
            return None
        try:
            call = self._encode(stream, data, namespace)
        except Rejected as rejected:
            self._reject(key, data, rejected)
            return None
        except Deleted:
            self._beginnings.take(key)
            self._tally.pass_over(stream)
            return None
        if self._skips:
            self._beginnings.take(key)
        return self._packer.add(call, self._name_of(stream, data))

    def _reject(self, key: StreamKey, data: Mapping[str, Any], rejected: Rejected) -> None:
        _, stream = key
        event = name_event(data["id"]) if isinstance(data.get("id"), (str, int)) else "an event"
        event += f" on line {self._line} of the input (stream {stream})"
        if not self._skips:
            raise InputRefused(
                f"Segment would drop {event}: {rejected}. Mend it at its source, or set on_rejected to skip."
            )
        self._tally.skip(event, str(rejected))
        if self._beginnings.reject(key, rejected.kind):
            raise InputRefused(
                f"Segment would drop each of the first {FIRST:,} records of stream {stream} ({rejected}), so the fault "
                "is not in them: check records in the configuration, then sync this stream from its beginning."
            )

    def _explain(self, problem: str, is_whole: bool) -> str:
        if not is_whole:
            return f"The input ended in the middle of line {self._line}: the source, or what is in between, broke off."
        return f"Line {self._line} of the input {problem}; going on without it could lose events."
