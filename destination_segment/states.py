"""States on their way back: unchanged, in order, each after all calls before it are settled."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from destination_segment.state_line import StreamKey, parse_state_line
from segment_api.limits import MAX_WAITING_STATE_BYTES


class States:
    """States that wait, and the records counted for the next one of each stream."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, str]] = deque()
        self._bytes = 0
        self._records: dict[StreamKey, int] = {}

    @property
    def waiting(self) -> int:
        """How many states have not been released."""
        return len(self._waiting)

    @property
    def heavy(self) -> bool:
        """Whether the waiting states take as much memory as they may."""
        return self._bytes >= MAX_WAITING_STATE_BYTES

    def note_record(self, stream: StreamKey) -> None:
        """A record of the stream was received; one that is skipped is dealt with, so it counts too."""
        self._records[stream] = self._records.get(stream, 0) + 1

    def hold(self, line: bytes, position: int) -> None:
        """Keeps a line's STATE message back until all calls before `position` are settled; raises `NotAMessage`."""
        state = parse_state_line(line)
        echo = state.with_count(self._take_count(state.stream))
        self._waiting.append((position, echo))
        self._bytes += len(echo)

    def release(self, upto: int) -> Iterator[str]:
        """The states, as lines without their end, that may go now that all calls before `upto` are settled."""
        while self._waiting and self._waiting[0][0] <= upto:
            _, line = self._waiting.popleft()
            self._bytes -= len(line)
            yield line

    def _take_count(self, stream: StreamKey | None) -> int:
        """Records since the previous state: of its stream, or of all streams for a global or a legacy state."""
        if stream is not None:
            return self._records.pop(stream, 0)
        count = sum(self._records.values())
        self._records.clear()
        return count
