"""The outbox as an Airbyte source, so that PyAirbyte can carry it to a destination like anything else."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from mailjet_segment.outbox import Outbox, Row
from mailjet_segment.warehouse import EVENT_STREAMS
from segment_events.instants import unix_seconds


@dataclass(frozen=True)
class Page:
    """The events that were handed over before the state `number`."""

    number: int
    ids: list[str]
    event_texts: Counter[str]


class OutboxSource:
    """A PyAirbyte executor in this process: `discover` and `read` of the outbox, a STATE after each page.

    The state holds the page's number. When the destination echoes it, everything up to that page was accepted.
    """

    def __init__(
        self, outbox: Outbox, streams: Iterable[str], now: Callable[[], datetime], stop: threading.Event
    ) -> None:
        self._outbox = outbox
        self._streams = tuple(streams)
        self._now = now
        self._stop = stop
        self._open: deque[Page] = deque()

    def ensure_installation(self, *, auto_fix: bool = True) -> None:
        """Nothing to install."""

    def get_installed_version(self, **_: bool) -> str | None:
        """It has no version of its own."""
        return None

    def execute(self, args: list[str], *, stdin: Any = None, suppress_stderr: bool = False) -> Iterator[str]:
        """The lines of output of the Airbyte command in `args`."""
        messages = self._read() if args[0] == "read" else iter([_CATALOG])
        for message in messages:
            yield orjson.dumps(message).decode()

    def echoed(self, number: int) -> list[Page]:
        """The pages that the echo of state `number` covers, each once; called while another thread reads."""
        covered = []
        while self._open and self._open[0].number <= number:
            covered.append(self._open.popleft())
        return covered

    def _read(self) -> Iterator[dict[str, Any]]:
        number = 0
        for stream in self._streams:
            for rows in self._outbox.pages(stream):
                if self._stop.is_set():
                    return
                number += 1
                # Noted before its state goes out: the echo may come, in another thread, as soon as the state is out.
                self._open.append(_page(number, rows))
                emitted_at = self._now_ms()
                yield from (_record(stream, row, emitted_at) for row in rows)
                yield _state(stream, number, len(rows))
            yield _complete(stream, self._now_ms())

    def _now_ms(self) -> int:
        return unix_seconds(self._now()) * 1000


def state_number(state: dict[str, Any]) -> int:
    """The page's number in an echoed STATE."""
    return int(state["stream"]["stream_state"]["page"])


def _page(number: int, rows: list[Row]) -> Page:
    return Page(number, [row["id"] for row in rows], Counter(str(row.get("event_text")) for row in rows))


def _record(stream: str, row: Row, emitted_at: int) -> dict[str, Any]:
    return {"type": "RECORD", "record": {"stream": stream, "data": row, "emitted_at": emitted_at}}


def _state(stream: str, number: int, rows: int) -> dict[str, Any]:
    stream_state = {"stream_descriptor": {"name": stream}, "stream_state": {"page": number}}
    state = {"type": "STREAM", "stream": stream_state, "sourceStats": {"recordCount": float(rows)}}
    return {"type": "STATE", "state": state}


def _complete(stream: str, emitted_at: int) -> dict[str, Any]:
    status = {"stream_descriptor": {"name": stream}, "status": "COMPLETE"}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": emitted_at, "stream_status": status}}


_CATALOG: dict[str, Any] = {
    "type": "CATALOG",
    "catalog": {
        "streams": [
            {
                "name": stream,
                "json_schema": {"type": "object", "properties": {"id": {"type": "string"}}},
                "supported_sync_modes": ["full_refresh", "incremental"],
                "source_defined_cursor": True,
                "default_cursor_field": ["timestamp"],
                "source_defined_primary_key": [["id"]],
            }
            for stream in EVENT_STREAMS
        ]
    },
}
