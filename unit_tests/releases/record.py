"""Records what a release leaves behind for the next: configurations, catalog, rows, calls, and the states of syncs.

`make release-fixture` runs the connectors as processes against the sandbox and writes the folder of their version
beside this file, which `test_releases.py` holds every later version to. Nothing of this machine is in it: the account
is made up, and its clock is the sandbox's. Another release is recorded by the commands that run it, `{folder}` being
where they find their files:

    --source "docker run --rm -i --network host -v {folder}:{folder} source-mailjet-segment:0.1.0"
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from segment_events.instants import format_instant

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
Message = Mapping[str, Any]

ACCOUNT: Mapping[str, Any] = {
    "seed": 70,
    "messages": 500,
    "days": 7,
    "days_ahead": 7,
    "rates": {"unsubscribed": 0.08, "spam": 0.04, "bounced": 0.08, "late": 0.2},
}
"""A small account in which much of what a state remembers happens: late deliveries, unsubscribes, complaints."""

FIELDS: Mapping[str, Any] = {
    "start_date": "2025-05-27T00:00:00Z",
    "lookback_minutes": 1_440,
    "max_requests_per_second": 10_000,
}
"""What the recording syncs configure beside keys and address: a start after the first events, so that a later version
may be asked for the stretch before it, and the memory of a day.
"""

SOURCE_MINIMAL = {"api_key": "a" * 32, "api_key_secret": "b" * 32, "start_date": "2025-05-18T00:00:00Z"}
SOURCE_CONFIGS = [
    SOURCE_MINIMAL,
    {
        **SOURCE_MINIMAL,
        "api_url": "https://api.us.mailjet.com",
        "user_id": {"from": "contact_property", "property": "customer_id"},
        "engagement_days": 90,
        "lookback_minutes": 0,
        "unsubscribe_event_name": "Unsubscribed",
        "max_requests_per_second": 2.5,
        "num_workers": 32,
        "end_date": "2025-06-01T00:00:00Z",
    },
    {**SOURCE_MINIMAL, "user_id": {"from": "custom_id"}},
    {**SOURCE_MINIMAL, "user_id": {"from": "none"}},
]

DESTINATION_MINIMAL = {"write_key": "c" * 32}
DESTINATION_CONFIGS = [
    DESTINATION_MINIMAL,
    {
        **DESTINATION_MINIMAL,
        "region": {"location": "other", "api_url": "https://segment.example.com"},
        "records": {
            "shape": "mapped",
            "event_name": "{stream} changed",
            "user_id": "customer_id",
            "anonymous_id": "visitor_id",
            "timestamp": "updated_at",
            "message_id": ["order_id", "line"],
            "id_scope": "shop",
        },
        "on_rejected": "skip",
        "max_requests_per_second": 0.5,
        "num_workers": 16,
    },
    {**DESTINATION_MINIMAL, "region": {"location": "us"}, "records": {"shape": "segment_rows"}, "on_rejected": "fail"},
    {**DESTINATION_MINIMAL, "region": {"location": "eu"}},
]


@dataclass
class Connector:
    """A connector as the command that runs it, and the folder for its files."""

    command: str
    folder: Path

    def __call__(self, verb: str, given: str = "", may_fail: bool = False, **files: Any) -> list[Message]:
        """The messages of one command; stops the recording where it fails and may not."""
        command = [*shlex.split(self.command.format(folder=self.folder)), verb, *self._write(files)]
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        if done.returncode and not may_fail:
            sys.exit(
                f"{shlex.join(command)} exited with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _write(self, files: Mapping[str, Any]) -> Iterator[str]:
        for name, content in files.items():
            path = self.folder / f"{name}.json"
            path.write_text(json.dumps(content), "utf-8")
            yield from (f"--{name}", str(path))


def main() -> None:
    """Records the release that the two commands run."""
    parser = argparse.ArgumentParser(description="Records the fixture of a release.")
    parser.add_argument("--source", default=f"{BIN}/source-mailjet-segment", help="the command of the source")
    parser.add_argument("--destination", default=f"{BIN}/destination-segment", help="the command of the destination")
    commands = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # a container's user reads it
        recorded = record(Connector(commands.source, Path(folder)), Connector(commands.destination, Path(folder)))
    version = recorded["records"][0]["record"]["data"]["context_library_version"]
    target = HERE / version
    if target.exists():
        sys.exit(
            f"{target} is there already, and what a release has written stays. Before the release: remove it first."
        )
    target.mkdir()
    for name, content in recorded.items():
        (target / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"Recorded {version}: {target}")


def record(source: Connector, destination: Connector) -> dict[str, Any]:
    """The content of each file of the fixture, by name."""
    with Sandbox(**{**ACCOUNT, "rates": Rates(**ACCOUNT["rates"])}) as sandbox:
        config = {
            "api_key": sandbox.api_key,
            "api_key_secret": sandbox.api_key_secret,
            "api_url": sandbox.mailjet_url,
            **FIELDS,
        }
        (found,) = _only(source("discover", config=config), "CATALOG")
        catalog = _configured(found["catalog"]["streams"])
        first = source("read", config=config, catalog=catalog)
        sandbox.now += timedelta(hours=6)
        second = source("read", config=config, catalog=catalog, state=_states(first))
        complete = _point(sandbox, [*first, *second])
        sandbox.now += timedelta(days=1)
        sandbox.switches = Switches(forbidden=frozenset({"clickstatistics"}))
        third = source("read", may_fail=True, config=config, catalog=catalog, state=complete["state"])
        records = _one_of_each(first, complete["now"])
        segment = {"location": "other", "api_url": sandbox.segment_url}
        rows = "".join(f"{json.dumps(one)}\n" for one in records)
        destination("write", rows, config={"write_key": sandbox.write_key, "region": segment}, catalog=catalog)
        return {
            "account": {**ACCOUNT, "fields": FIELDS},
            "source_spec": _only(source("spec"), "SPEC")[0]["spec"],
            "destination_spec": _only(destination("spec"), "SPEC")[0]["spec"],
            "source_configs": SOURCE_CONFIGS,
            "destination_configs": DESTINATION_CONFIGS,
            "catalog": found["catalog"],
            "complete": complete,
            "interrupted": _point(sandbox, [*first, *second, *third]),
            "records": records,
            "calls": [_without_library(call) for call in sandbox.segment.calls],
        }


def _only(messages: Sequence[Message], kind: str) -> list[Message]:
    return [message for message in messages if message["type"] == kind]


def _configured(streams: Sequence[Message]) -> dict[str, Any]:
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    return {"streams": [{"stream": stream, **modes} for stream in streams]}


def _states(messages: Sequence[Message]) -> list[Message]:
    """The last state of each stream, as `--state` takes them."""
    states = [message["state"] for message in _only(messages, "STATE")]
    return list({state["stream"]["stream_descriptor"]["name"]: state for state in states}.values())


def _point(sandbox: Sandbox, messages: Sequence[Message]) -> dict[str, Any]:
    """Where a connection stands after these messages: the account's time, what was emitted so far, the states."""
    emitted: dict[str, list[str]] = {}
    for message in _only(messages, "RECORD"):
        emitted.setdefault(message["record"]["stream"], []).append(message["record"]["data"]["id"])
    return {
        "now": format_instant(sandbox.now),
        "emitted": {stream: sorted(ids) for stream, ids in sorted(emitted.items())},
        "state": sorted(_states(messages), key=lambda state: str(state["stream"]["stream_descriptor"]["name"])),
    }


def _one_of_each(messages: Sequence[Message], received_at: str) -> list[dict[str, Any]]:
    """The first record of each stream, by its id, received when the account says and not when this machine does."""
    told = {"received_at": received_at, "sent_at": received_at}
    first: dict[str, Message] = {}
    for record in (message["record"] for message in _only(messages, "RECORD")):
        stream = record["stream"]
        first[stream] = min(record["data"], first.get(stream, record["data"]), key=lambda row: str(row["id"]))
    return [
        {"type": "RECORD", "record": {"stream": stream, "data": {**data, **told}, "emitted_at": 0}}
        for stream, data in sorted(first.items())
    ]


def _without_library(call: Message) -> dict[str, Any]:
    """A call without what names the version that sent it."""
    return {**call, "context": {name: value for name, value in call["context"].items() if name != "library"}}


if __name__ == "__main__":
    main()
