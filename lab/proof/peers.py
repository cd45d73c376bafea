"""The peers as columns: Airbyte's own Mailjet source and Segment's Python client, under the same faults.

What they can lose is counted in what they carry: the source reads rows of `message`, the client sends the same events
as the destination does. Neither keeps anything to go on from. So a run that failed is run again from the beginning,
and one that claims success is not: its user has no reason to.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from lab.benchmarks.peers import Peers
from lab.benchmarks.processes import Run
from lab.proof.counting import NOT_NEEDED, Ended, Outcome
from lab.proof.destination_column import recorded_rows
from lab.proof.machine import NONE
from lab.proof.messages import parse_messages, sentence_of
from lab.proof.stage import Stage, make_executable

PEER_SOURCE, PEER_CLIENT = "source-declarative-manifest", "python"
LONGEST_S = 300
HURRY = Path(__file__).parent / "hurry"
SMALL_PAGES = 50
MOST_CALLS = 200
"""Two of the client's batches: it tries each for three minutes, which cannot be shortened."""


def run_source(stage: Stage, peers: Peers) -> Outcome:
    """Reads the stream `message`, and again where that failed."""
    wanted = {str(message.id) for message in stage.sandbox.account.messages if message.arrived_at <= _now(stage)}
    with stage.row.within(stage):
        ended, arrived = _read(stage, peers)
    silent = len(wanted - set(arrived)) if ended.exit_code == 0 else 0
    stage.resume()
    again = NOT_NEEDED
    if ended.exit_code != 0:
        again, more = _read(stage, peers)
        arrived += more
    came = set(arrived)
    return Outcome(ended, again, silent, len(wanted - came), len(arrived) - len(came), len(came - wanted), stage.note)


def run_client(stage: Stage, peers: Peers) -> Outcome:
    """Sends the events that the destination is fed with, and again where that failed."""
    calls = [_to_call(message["record"]["data"]) for message in recorded_rows(stage.row)[:MOST_CALLS]]
    wanted = {str(call["messageId"]) for call in calls}
    ledger = stage.sandbox.segment
    with stage.row.within(stage):
        ended = _send(stage, peers, calls)
    silent = len(wanted - set(ledger.message_ids)) if ended.exit_code == 0 else 0
    stage.resume()
    again = NOT_NEEDED if ended.exit_code == 0 else _send(stage, peers, calls)
    came = set(ledger.message_ids)
    return Outcome(ended, again, silent, len(wanted - came), ledger.duplicates, len(came - wanted), stage.note)


def _read(stage: Stage, peers: Peers) -> tuple[Ended, list[str]]:
    sandbox = stage.sandbox
    url = str(stage.source_config()["api_url"])
    done = _staged(stage, peers).read_messages(
        url, sandbox.api_key, sandbox.api_key_secret, stage.folder, page_size=SMALL_PAGES, limit_s=LONGEST_S
    )
    messages = parse_messages(done.stdout.read_text("utf-8", "replace"))
    ids = [str(message["record"]["data"].get("ID")) for message in messages if message["type"] == "RECORD"]
    return _ended(done, sentence_of(messages, done.stderr.read_text("utf-8", "replace"))), ids


def _send(stage: Stage, peers: Peers, calls: Sequence[object]) -> Ended:
    file = stage.folder / "calls.jsonl"
    file.write_text("".join(f"{json.dumps(call)}\n" for call in calls), "utf-8")
    origin = str(stage.destination_config()["region"]["api_url"])
    done = _staged(stage, peers).send(file, origin, stage.sandbox.write_key, stage.folder, limit_s=LONGEST_S)
    return _ended(done, sentence_of([], done.stderr.read_text("utf-8", "replace")))


def _ended(done: Run, sentence: str) -> Ended:
    return Ended(None, f"did not end within {LONGEST_S} s") if done.timed_out else Ended(done.exit_code, sentence)


def _staged(stage: Stage, peers: Peers) -> Peers:
    """The peers behind commands that say their process's id, sleep less long, and lack what the machine withholds."""
    for name in (PEER_SOURCE, PEER_CLIENT):
        path = stage.folder / name
        command = [*stage.prefixes.get(name, NONE), str(peers.python.parent / name)]
        hang_up = f" | head -n {stage.row.hangs_up_after}" if stage.row.hangs_up_after and not stage.resuming else ""
        make_executable(
            path,
            f"set -o pipefail; PYTHONPATH={shlex.quote(str(HURRY))}; export PYTHONPATH\n"
            f"""if [ "$1" = -c ]; then exec {shlex.join(command)} "$@"; fi\n"""
            f"echo $$ > {shlex.quote(str(stage.folder / name))}.pid\n"
            f"""{"" if hang_up else "exec "}{shlex.join(command)} "$@"{hang_up}\n""",
        )
    return Peers(stage.folder / PEER_CLIENT)


def _to_call(row: dict[str, object]) -> dict[str, object]:
    identity = {"userId": row["user_id"]} if "user_id" in row else {"anonymousId": row["anonymous_id"]}
    return {"messageId": row["id"], "event": row["event_text"], "timestamp": row["timestamp"], **identity}


def _now(stage: Stage) -> int:
    return int(stage.sandbox.now.timestamp())
