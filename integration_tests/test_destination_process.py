"""The destination as the platform runs it: a process, pipes that buffer, signals; beyond it the stand-in."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mailjet_sandbox.faults import Fault, FaultMiddleware, delay, echoed_credentials, status
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import segment_app
from mailjet_sandbox.serving import serving

ROOT = Path(__file__).parent.parent
WRITE_KEY = "write0key0for0tests"
MODULE = ("-m", "destination_segment.run")
QUICK = """
import sys
from destination_segment.destination import DestinationSegment
from segment_api.retry import RetryRule
from destination_segment.writer import Timing
DestinationSegment(RetryRule(for_s=0.5, first_wait_s=0.05), Timing(flush_after_s=0.05)).run(sys.argv[1:])
"""
"""An entry for tests that cannot wait for 15 minutes of retrying."""


@contextmanager
def segment(*faults: Fault) -> Iterator[tuple[SegmentLedger, str]]:
    ledger = SegmentLedger()
    with serving([FaultMiddleware(segment_app(ledger, write_keys=[WRITE_KEY]), faults, "/v1")]) as (origin,):
        yield ledger, origin


class Connector:
    """Starts the connector with its configuration and catalog in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(
        self, command: str, origin: str, *, entry: Sequence[str] = MODULE, **config: Any
    ) -> subprocess.Popen[str]:
        config = {"write_key": WRITE_KEY, "region": {"location": "other", "api_url": origin}, **config}
        entries = [{"stream": {"name": "a", "json_schema": {}}, "destination_sync_mode": "append_dedup"}]
        files = {"config": self._file("config", config)}
        if command == "write":
            files["catalog"] = self._file("catalog", {"streams": entries})
        options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
        return start([*entry, command, *options])

    def _file(self, name: str, content: Any) -> Path:
        path = self.folder / f"{name}-{len(list(self.folder.iterdir()))}.json"
        path.write_text(json.dumps(content), "utf-8")
        return path


@pytest.fixture
def connector(tmp_path: Path) -> Connector:
    return Connector(tmp_path)


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def row(number: int, **more: Any) -> dict[str, Any]:
    data = {"id": f"m-{number}", "event_text": "E", "user_id": "u", "timestamp": "2026-01-31T23:59:59Z", **more}
    return {"type": "RECORD", "record": {"stream": "a", "data": data, "emitted_at": 1}}


def state(number: int) -> dict[str, Any]:
    stream = {"stream_descriptor": {"name": "a"}, "stream_state": {"upto": number}}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": stream, "id": number, "sourceStats": {"x": 1}}}


def put(process: subprocess.Popen[str], *messages: Any) -> None:
    assert process.stdin is not None
    process.stdin.writelines(json.dumps(message) + "\n" for message in messages)
    process.stdin.flush()


def read_until(process: subprocess.Popen[str], found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        message: dict[str, Any] = json.loads(line)
        if found(message):
            return message
    raise AssertionError("the connector ended without saying it")


def finish(process: subprocess.Popen[str], stdin: str | None = None) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and messages; everything that is printed must be a message."""
    output, _ = process.communicate(stdin, timeout=60)
    return process.returncode, [json.loads(line) for line in output.splitlines()]


def lines(*messages: Any) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)


def of_type(kind: str, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in messages if message["type"] == kind]


def test_spec_is_one_message() -> None:
    code, (message,) = finish(start([*MODULE, "spec"]))
    assert code == 0
    assert message["spec"]["supported_destination_sync_modes"] == ["append", "append_dedup"]
    assert "write_key" in message["spec"]["connectionSpecification"]["properties"]


def test_check_says_in_one_sentence_what_is_so(connector: Connector) -> None:
    with segment() as (_, origin):
        reached = connector.start("check", origin)
        mistaken = connector.start("check", origin, num_workers=99)
        unreachable = connector.start("check", "http://127.0.0.1:1")
        outcomes = [finish(process) for process in (reached, mistaken, unreachable)]
    assert [code for code, _ in outcomes] == [0, 0, 0]
    told = [of_type("CONNECTION_STATUS", messages)[0]["connectionStatus"] for _, messages in outcomes]
    assert [each["status"] for each in told] == ["SUCCEEDED", "FAILED", "FAILED"]
    assert "answers 200 whatever the write key" in told[0]["message"]
    assert told[1]["message"] == "Field 'num_workers' of the configuration must be from 1 to 16."
    assert told[2]["message"].startswith("Segment cannot be reached at http://127.0.0.1:1 (no connection)")


def test_a_quiet_input_gets_its_state_back_whole_and_soon(connector: Connector) -> None:
    with segment() as (ledger, origin):
        process = connector.start("write", origin)
        put(process, state(0))
        read_until(process, lambda message: message["type"] == "STATE")
        put(process, row(1), row(2), state(7))
        began = time.monotonic()
        echo = read_until(process, lambda message: message["type"] == "STATE")
        assert time.monotonic() - began < 10
        assert echo["state"] == {**state(7)["state"], "destinationStats": {"recordCount": 2.0}}
        assert ledger.accepted == 2
        code, _ = finish(process)
    assert code == 0


def test_sigterm_finishes_what_is_on_the_wire_and_echoes_what_is_covered(connector: Connector) -> None:
    with segment(Fault("batch", delay(1.5), nth=2)) as (ledger, origin):
        process = connector.start("write", origin, entry=["-c", QUICK], num_workers=1)
        put(process, row(1), state(1))
        read_until(process, lambda message: message["type"] == "STATE")
        put(process, row(2), state(2))
        time.sleep(0.6)
        put(process, row(3), state(3))
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        code, messages = finish(process)
    assert code == 143
    assert [message["state"]["id"] for message in of_type("STATE", messages)] == [2]
    assert ledger.accepted == 2
    assert not of_type("TRACE", messages)


def test_a_failed_sync_is_one_sentence_without_secrets_and_no_later_state(connector: Connector) -> None:
    with segment(Fault("batch", echoed_credentials(503), nth=2, times=None)) as (_, origin):
        process = connector.start("write", origin, entry=["-c", QUICK])
        put(process, row(1), state(1))
        echo = read_until(process, lambda message: message["type"] == "STATE")
        code, messages = finish(process, lines(row(2, context_traits_email="somebody@example.com"), state(2)))
    assert echo["state"]["id"] == 1
    assert code == 1
    (trace,) = of_type("TRACE", messages)
    assert trace["trace"]["error"]["failure_type"] == "transient_error"
    assert "HTTP 503" in trace["trace"]["error"]["message"]
    assert "stack_trace" not in trace["trace"]["error"]
    assert not of_type("STATE", messages)
    said = json.dumps(messages)
    for secret in (WRITE_KEY, b64encode(f"{WRITE_KEY}:".encode()).decode(), "somebody@example.com", "Traceback"):
        assert secret not in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lines(row(1)) + "somebody@example.com\n", "Line 2 of the input is not JSON"),
        (lines(row(1), row(2))[:-20], "The input ended in the middle of line 2"),
        (lines(row(1), row(2, user_id=None, email="somebody@example.com")), "Segment would drop event m-2 on line 2"),
    ],
    ids=["not JSON", "cut off", "rejected"],
)
def test_what_cannot_be_gone_on_from_fails_after_all_before_it(connector: Connector, given: str, words: str) -> None:
    with segment() as (ledger, origin):
        code, messages = finish(connector.start("write", origin), given)
    assert code == 1
    (trace,) = of_type("TRACE", messages)
    assert words in trace["trace"]["error"]["message"]
    assert "somebody" not in json.dumps(messages)
    assert ledger.accepted == 1


def test_a_users_mistake_is_a_sentence(connector: Connector, tmp_path: Path) -> None:
    wrong = connector.start("write", "http://segment.example.com")
    missing = start([*MODULE, "check", "--config", str(tmp_path / "none.json")])
    told = []
    for process in (wrong, missing):
        code, messages = finish(process)
        assert code == 1
        (trace,) = of_type("TRACE", messages)
        assert trace["trace"]["error"]["failure_type"] == "config_error"
        told.append(trace["trace"]["error"]["message"])
    assert told[0].startswith("Field 'region.api_url' of the configuration must begin with https://")
    assert told[1].endswith("none.json, cannot be read (No such file or directory): give its path.")


def test_killed_at_any_moment_and_resumed_everything_is_accepted_once(connector: Connector) -> None:
    chance = random.Random(7)
    total, every = 3_000, 50
    last = 0
    with segment(Fault("batch", delay(0.03), times=None), Fault("batch", status(503))) as (ledger, origin):
        for kill_after in [*(chance.randint(0, 12) for _ in range(4)), None]:
            process = connector.start("write", origin, entry=["-c", QUICK], num_workers=3)
            last = feed_until(process, range(last, total), every, kill_after) or last
    assert last == total
    ids = [name.rpartition("-")[0] for name in ledger.message_ids]
    assert sorted(ids) == sorted(f"m-{number}" for number in range(total))
    assert ledger.dropped == {}


def feed_until(process: subprocess.Popen[str], rows: range, every: int, kill_after: int | None) -> int | None:
    """Feeds rows with a state each `every`; kills after so many echoes. The last state that was echoed, if any was."""
    assert process.stdout is not None
    fed = [
        message
        for number in rows
        for message in ([row(number, filler="x" * 900)] + ([state(number + 1)] if (number + 1) % every == 0 else []))
    ]
    feeder = threading.Thread(target=feed, args=(process, lines(*fed)))
    feeder.start()
    echoed: list[int] = []
    for line in process.stdout:
        with suppress(json.JSONDecodeError):
            message = json.loads(line)
            echoed += [message["state"]["id"]] if message["type"] == "STATE" else []
        if kill_after is not None and len(echoed) >= kill_after:
            process.kill()
    process.wait()
    feeder.join()
    assert echoed == sorted(echoed)
    return echoed[-1] if echoed else None


def feed(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(text)
