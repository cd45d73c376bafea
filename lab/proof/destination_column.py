"""The destination as a process, fed as a platform feeds it: what Segment took against the rows that were fed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock
from typing import Any

from lab.proof.counting import NOT_NEEDED, Outcome, accepted_ids
from lab.proof.messages import Message
from lab.proof.processes import Done, run_process, write_files
from lab.proof.row import Row
from lab.proof.stage import DESTINATION, SOURCE, Stage, catalog, staged
from segment_events.kinds import TRACKS

MOST_STATES = 20
"""How many pieces the input comes in; of a small account they are smaller than a batch."""
_READING = Lock()


def run(stage: Stage) -> Outcome:
    """Writes the account's events under the fault, and again from the last state that came back."""
    rows = recorded_rows(stage.row)
    wanted = {row["record"]["data"]["id"] for row in rows}
    with stage.row.within(stage):
        first = _write(stage, rows)
    silent = len(wanted - set(accepted_ids(stage.sandbox.segment))) if first.ended.exit_code == 0 else 0
    stage.resume()
    resumed = _write(stage, rows, done=_upto(first)).ended if first.ended.exit_code != 0 else NOT_NEEDED
    arrived = set(accepted_ids(stage.sandbox.segment))
    return Outcome(
        first.ended,
        resumed,
        silent,
        lost=len(wanted - arrived),
        doubled=stage.sandbox.segment.duplicates,
        after_dedup=len(arrived - wanted),
        note=stage.note,
    )


def recorded_rows(row: Row | None = None) -> Sequence[Message]:
    """The RECORD messages of the six event streams of a row's account, as the source printed them without a fault."""
    with _READING:
        return _recorded_rows(tuple(sorted(row.account.items())) if row else ())


@cache
def _recorded_rows(account: tuple[tuple[str, Any], ...]) -> Sequence[Message]:
    with staged(Row("none", "machine", account=dict(account))) as stage:
        files = write_files(stage.folder, config=stage.source_config(), catalog=catalog())
        done = run_process([stage.executable(SOURCE), "read", *files])
    if done.ended.exit_code != 0:
        raise RuntimeError(f"The source could not read the account that the destination is fed with: {done.ended}")
    return [
        message for message in done.messages if message["type"] == "RECORD" and message["record"]["stream"] != TRACKS
    ]


def _write(stage: Stage, rows: Sequence[Message], done: int = 0) -> Done:
    files = write_files(stage.folder, config=stage.destination_config(), catalog=catalog())
    pieces = _pieces(rows, done)
    if stage.row.cut_input and not stage.resuming:
        pieces = _cut(pieces)
    hangs_up = None if stage.resuming else stage.row.hangs_up_after
    return run_process([stage.executable(DESTINATION), "write", *files], pieces, hangs_up)


def _pieces(rows: Sequence[Message], done: int) -> Iterator[bytes]:
    """Some records and their state, again and again; at the end the word that all streams are complete."""
    size = -(-len(rows) // MOST_STATES)
    for at in range(done, len(rows), size):
        sent = rows[at : at + size]
        yield _lines([*sent, _state(sent[-1]["record"]["stream"], at + len(sent))])
    yield _lines([_complete(configured["stream"]["name"]) for configured in catalog()["streams"]])


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield next(pieces)
    yield next(pieces)[:-100]


def _upto(done: Done) -> int:
    """How many rows the last state that came back covers."""
    echoed = [message["state"]["stream"]["stream_state"]["upto"] for message in done.messages if "state" in message]
    return int(echoed[-1]) if echoed else 0


def _lines(messages: Sequence[Message]) -> bytes:
    return "".join(f"{json.dumps(message)}\n" for message in messages).encode()


def _state(stream: str, upto: int) -> dict[str, Any]:
    described = {"stream_descriptor": {"name": stream}, "stream_state": {"upto": upto}}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": described, "id": upto}}


def _complete(stream: str) -> dict[str, Any]:
    status = {"stream_descriptor": {"name": stream}, "status": "COMPLETE"}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": status}}
