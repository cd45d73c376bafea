"""The source as a process: its records against what happened."""

from __future__ import annotations

from typing import Any

from lab.proof.counting import Expected, Outcome, in_streams
from lab.proof.processes import Done, run_process, write_files
from lab.proof.stage import SOURCE, Stage, catalog


def run(stage: Stage) -> Outcome:
    """Reads under the fault, and again from the last states when it has ended."""
    expected = Expected(in_streams)
    expected.look(stage.sandbox, stage.row.ends_earlier)
    with stage.row.within(stage):
        first = _read(stage, [])
    arrived = _arrived(first)
    told_by = stage.row.told_by
    is_told = first.ended.exit_code != 0 or (told_by and told_by in first.ended.sentence)
    silent = 0 if is_told else expected.missing(arrived)
    stage.resume()
    expected.look(stage.sandbox)
    second = _read(stage, _states(first))
    arrived += _arrived(second)
    return Outcome(
        first.ended,
        second.ended,
        silent,
        lost=expected.missing(arrived),
        doubled=len(arrived) - len(set(arrived)),
        after_dedup=expected.strange(arrived),
        note=stage.note,
    )


def _read(stage: Stage, state: list[Any]) -> Done:
    files = write_files(stage.folder, config=stage.source_config(), catalog=catalog(), state=state)
    hangs_up = None if stage.resuming else stage.row.hangs_up_after
    return run_process([stage.executable(SOURCE), "read", *files], hangs_up_after=hangs_up)


def _arrived(done: Done) -> list[str]:
    return [
        f"{message['record']['stream']}/{message['record']['data']['id']}"
        for message in done.messages
        if message["type"] == "RECORD"
    ]


def _states(done: Done) -> list[Any]:
    """The last state of each stream, as the platform would give it to the next sync."""
    states = {
        message["state"]["stream"]["stream_descriptor"]["name"]: message["state"]
        for message in done.messages
        if message["type"] == "STATE"
    }
    return list(states.values())
