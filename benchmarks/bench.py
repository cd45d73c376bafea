"""How many requests and how much time the connectors need, as the processes that Airbyte would run.

The sandbox answers from the same machine, so that requests cost nearly nothing here: what a real account pays for is
their number, which is the same there. Run it with `make bench`, or `make bench MESSAGES=100000`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant
from segment_events.kinds import TRACKS

INSTALLED = Path(sys.executable).parent
SOURCE, DESTINATION = INSTALLED / "source-mailjet-segment", INSTALLED / "destination-segment"
DEFAULT_RATE = 10
"""Requests a second that a source may make unless it is configured otherwise."""


def main() -> None:
    """Measures both connectors on one account and prints a line for each thing measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="emails of the account (default: 20,000)")
    messages = parser.parse_args().messages
    with Sandbox(messages=messages) as sandbox, tempfile.TemporaryDirectory() as folder:
        print(f"An account of {messages:,} emails in 30 days.\n")
        _measure(sandbox, Path(folder))


def _measure(sandbox: Sandbox, folder: Path) -> None:
    source = {
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "start_date": format_instant(sandbox.start),
        "max_requests_per_second": 10_000,
    }
    destination = {
        "write_key": sandbox.write_key,
        "region": {"location": "other", "api_url": sandbox.segment_url},
        "max_requests_per_second": 1_000,
    }
    files = {"source": source, "destination": destination, "catalog": _configured(folder)}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    _measure_source(sandbox, folder)
    _measure_destination(sandbox, folder)


def _measure_source(sandbox: Sandbox, folder: Path) -> None:
    """A first sync of all seven streams, then one with nothing new."""
    read = (SOURCE, "read", "--config", folder / "source.json", "--catalog", folder / "catalog.json")
    sandbox.reset_requests()
    first_s = _run(read, folder / "first.jsonl")
    rows, states = _read_output(folder / "first.jsonl")
    events, requests = rows[TRACKS], sandbox.request_count
    (folder / "state.json").write_text(json.dumps(list(states.values())), "utf-8")
    _say("source, first sync", f"{events:,} events, {rows.total():,} records in {first_s:.1f} s")
    _say("", f"{events / first_s:,.0f} events a second, {rows.total() / first_s:,.0f} records a second")
    _say("", f"{requests:,} requests, {1000 * requests / events:.1f} per 1,000 events")
    _say("", f"at {DEFAULT_RATE} requests a second they take {requests / DEFAULT_RATE:,.0f} s")
    sandbox.reset_requests()
    again_s = _run((*read, "--state", folder / "state.json"), folder / "second.jsonl")
    again, _ = _read_output(folder / "second.jsonl")
    _say("source, nothing new", f"{again.total():,} records, {sandbox.request_count:,} requests in {again_s:.1f} s")
    size = (folder / "state.json").stat().st_size
    _say("", f"state of all streams: {size:,} bytes")


def _measure_destination(sandbox: Sandbox, folder: Path) -> None:
    """What the source read goes to Segment; `tracks` is skipped there."""
    write = (DESTINATION, "write", "--config", folder / "destination.json", "--catalog", folder / "catalog.json")
    took_s = _run(write, folder / "written.jsonl", given=folder / "first.jsonl")
    accepted, requests = sandbox.segment.accepted, sandbox.segment.requests
    _say("destination", f"{accepted:,} events accepted in {took_s:.1f} s, {accepted / took_s:,.0f} a second")
    _say("", f"{requests:,} batches, {accepted / requests:,.0f} events in each; {sandbox.segment.duplicates} twice")


def _configured(folder: Path) -> dict[str, Any]:
    """All streams, incremental; `discover` needs no network and hardly reads its configuration."""
    stub = {"api_key": "unused", "api_key_secret": "unused", "start_date": "2025-01-01T00:00:00Z"}
    (folder / "stub.json").write_text(json.dumps(stub), "utf-8")
    took_s = _run([SOURCE, "discover", "--config", folder / "stub.json"], folder / "catalog.jsonl")
    _say("source, discover", f"{took_s:.1f} s, nearly all of it the start of the process")
    (catalog,) = (each["catalog"] for each in _messages(folder / "catalog.jsonl") if each["type"] == "CATALOG")
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append", "cursor_field": ["timestamp"]}
    return {"streams": [{"stream": stream, "primary_key": [["id"]], **modes} for stream in catalog["streams"]]}


def _run(command: Sequence[str | Path], output: Path, given: Path | None = None) -> float:
    """Runs a connector with its output in a file; the seconds it took. Ends the benchmark where it fails."""
    with output.open("wb") as out, open(given or "/dev/null", "rb") as into:
        began = time.monotonic()
        done = subprocess.run(command, stdin=into, stdout=out, stderr=subprocess.PIPE)
        took_s = time.monotonic() - began
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} failed: {done.stderr.decode()[-2000:]}\nIts last lines are in {output}.")
    return took_s


def _messages(output: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def _read_output(output: Path) -> tuple[Counter[str], dict[str, Any]]:
    """How many records each stream had, and each stream's last state."""
    rows: Counter[str] = Counter()
    states: dict[str, Any] = {}
    for message in _messages(output):
        if message["type"] == "RECORD":
            rows[message["record"]["stream"]] += 1
        elif message["type"] == "STATE":
            states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
    return rows, states


def _say(what: str, fact: str) -> None:
    print(f"{what:<22}{fact}", flush=True)


if __name__ == "__main__":
    main()
