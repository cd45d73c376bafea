"""What a source printed: its records, its last states, and both as what is sent on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from lab.benchmarks.limits import to_call
from segment_events.kinds import TRACKS

_RECORD = b'"type":"RECORD"'


def read_records(output: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream and data of each record. The last line may be cut off, where the process was stopped."""
    with output.open("rb") as lines:
        for line in lines:
            if _RECORD in line and line.endswith(b"\n"):
                record = orjson.loads(line)["record"]
                yield record["stream"], record["data"]


def read_states(output: Path) -> list[dict[str, Any]]:
    """The last state of each stream, as the platform would give them to the next sync."""
    states: dict[str, dict[str, Any]] = {}
    with output.open("rb") as lines:
        for line in lines:
            if b'"type":"STATE"' in line and line.endswith(b"\n"):
                state = orjson.loads(line)["state"]
                states[state["stream"]["stream_descriptor"]["name"]] = state
    return list(states.values())


def write_copies(output: Path, records: Path, *, copies: int) -> int:
    """Writes the event streams' records of a source's output, `copies` times with ids of their own; how many.

    `tracks` is left out, which a destination would skip. One state stands at the end, so that there is something to
    acknowledge.
    """
    written, state = 0, b""
    with output.open("rb") as lines, records.open("wb") as out:
        for line in lines:
            message = orjson.loads(line)
            if message["type"] == "STATE":
                state = line
            if message["type"] != "RECORD" or message["record"]["stream"] == TRACKS:
                continue
            data, event_id = message["record"]["data"], message["record"]["data"]["id"]
            for copy in range(copies):
                data["id"] = f"{event_id}-{copy}"
                out.write(orjson.dumps(message) + b"\n")
                written += 1
        out.write(state)
    return written


def write_calls(records: Path, calls: Path, *, limit: int) -> int:
    """Writes the first `limit` records as track calls, one JSON object a line, for Segment's client; how many."""
    written = 0
    with calls.open("w", encoding="utf-8") as out:
        for _, row in read_records(records):
            if written == limit:
                break
            out.write(json.dumps(to_call(row)) + "\n")
            written += 1
    return written
