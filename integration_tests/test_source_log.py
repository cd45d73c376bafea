"""The source's log as its user sees it, and where the messages of a rate limit stand among the others."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)
from airbyte_cdk.test import entrypoint_wrapper

from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant
from source_mailjet_segment.source import SourceMailjetSegment

SCREEN_LINES, SCREEN_COLUMNS = 24, 100
COMMAND = (sys.executable, "-m", "source_mailjet_segment.run")
PROGRESS_EVERY_S = """
import sys
from source_mailjet_segment.run import main
from source_mailjet_segment.source import SourceMailjetSegment
main(SourceMailjetSegment(progress_every_s=float(sys.argv.pop(1))))
"""
"""An entry for tests that cannot wait for a line of progress, or must not get one."""
Message = dict[str, Any]


class Source:
    """Runs reads of a sandbox as processes, of all streams unless told otherwise."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._folder = folder
        self.config = {
            "api_key": sandbox.api_key,
            "api_key_secret": sandbox.api_key_secret,
            "api_url": sandbox.mailjet_url,
            "start_date": format_instant(sandbox.start),
            "max_requests_per_second": 5_000,
        }
        streams = [one.as_airbyte_stream() for one in SourceMailjetSegment().streams({})]
        self.catalog = ConfiguredAirbyteCatalog(
            [ConfiguredAirbyteStream(one, SyncMode.incremental, DestinationSyncMode.append) for one in streams]
        )

    def arguments(self, state: Sequence[Any] = ()) -> list[str]:
        catalog = [
            {
                "stream": {"name": one.stream.name, "json_schema": {}, "supported_sync_modes": ["incremental"]},
                "sync_mode": "incremental",
                "destination_sync_mode": "append",
            }
            for one in self.catalog.streams
        ]
        arguments = ["read"]
        for name, content in (("config", self.config), ("catalog", {"streams": catalog}), ("state", list(state))):
            path = self._folder / f"{name}.json"
            path.write_text(json.dumps(content), "utf-8")
            arguments += [f"--{name}", str(path)]
        return arguments

    def read(self, state: Sequence[Any] = ()) -> list[Message]:
        """All messages of a read that ends well."""
        done = subprocess.run([*COMMAND, *self.arguments(state)], capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        return [json.loads(line) for line in done.stdout.splitlines()]

    @contextmanager
    def reading(self, progress_every_s: float) -> Iterator[subprocess.Popen[str]]:
        """A read that is still going on; it is killed after a minute, or when the test is done with it."""
        command = [sys.executable, "-c", PROGRESS_EVERY_S, str(progress_every_s), *self.arguments()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            alarm = threading.Timer(60, process.kill)
            alarm.start()
            try:
                yield process
            finally:
                alarm.cancel()
                process.kill()


def messages_until(process: subprocess.Popen[str], found: Callable[[Message], bool]) -> list[Message]:
    """The messages up to the one that is looked for, as soon as it is there."""
    assert process.stdout
    messages: list[Message] = []
    for line in process.stdout:
        messages.append(json.loads(line))
        if found(messages[-1]):
            return messages
    raise AssertionError("it ended, or was killed, without saying it")


def info_lines(messages: Sequence[Message]) -> list[str]:
    return [one["log"]["message"] for one in messages if one["type"] == "LOG" and one["log"]["level"] == "INFO"]


def status_of(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = message["trace"].get("stream_status", {}) if message["type"] == "TRACE" else {}
    return found


def is_rate_limited(message: Message) -> bool:
    return any(reason["type"] == "RATE_LIMITED" for reason in status_of(message).get("reasons") or ())


def test_the_log_of_an_hourly_sync_fits_a_screen_and_answers(tmp_path: Path) -> None:
    with Sandbox(seed=3, messages=2_000, days=4, days_ahead=1) as sandbox:
        source = Source(tmp_path, sandbox)
        first = source.read()
        states = {
            one["state"]["stream"]["stream_descriptor"]["name"]: one["state"] for one in first if one["type"] == "STATE"
        }
        sandbox.now += timedelta(hours=1)
        sandbox.reset_requests()
        second = source.read([*states.values()])
        asked = [one.path.split("/")[3] for one in sandbox.requests]
    log = info_lines(second)
    told = "\n".join(log)
    assert sum(math.ceil(len(line) / SCREEN_COLUMNS) for line in log) <= SCREEN_LINES
    assert [one for one in second if one["type"] == "LOG" and one["log"]["level"] != "INFO"] == []
    records = sum(one["type"] == "RECORD" for one in second)
    assert records
    assert f"Emitted {records // 2} events: " in told
    assert "2025-05-31T22:59:55Z to 2025-06-01T00:59:55Z (2 h), 1 h of it again" in told
    assert f"Asked Mailjet {len(asked)} times: " in told
    assert all(f"{asked.count(resource)} {resource}" in told for resource in asked)
    assert "Waited for Mailjet's rate limit: 0 s; waits: 0." in told
    assert "Left out: " in told
    assert all("Emitted" in "\n".join(info_lines(one)) for one in (first, second))
    assert sum(math.ceil(len(line) / SCREEN_COLUMNS) for line in info_lines(first)) <= SCREEN_LINES


def test_a_wait_for_the_rate_limit_is_a_status_of_each_stream_that_runs_and_of_no_other(tmp_path: Path) -> None:
    with Sandbox(seed=4, messages=1_500, faults=[Fault("openinformation", status(429, retry_after="1"))]) as sandbox:
        messages = Source(tmp_path, sandbox).read()
    running: set[str] = set()
    limited: list[str] = []
    lifted: list[str] = []
    expected: set[str] = set()
    ended_while_waiting: set[str] = set()
    for message in messages:
        found = status_of(message)
        if not found:
            assert message["type"] != "RECORD" or message["record"]["stream"] in running
            continue
        name = found["stream_descriptor"]["name"]
        assert (name in running) == (found["status"] != "STARTED")
        if is_rate_limited(message):
            expected = expected or set(running)
            limited.append(name)
            reset = found["reasons"][0]["rate_limited"]["quota_reset"]
            assert 0 <= reset - message["trace"]["emitted_at"] <= 60_000 or reset < message["trace"]["emitted_at"]
        elif found["status"] == "RUNNING" and limited:
            lifted.append(name)
        elif found["status"] == "COMPLETE" and limited and "email_opened" not in lifted:  # whose first event is awaited
            ended_while_waiting.add(name)
        running = running | {name} if found["status"] != "COMPLETE" else running - {name}
    assert running == set()
    assert {"email_opened", "tracks"} <= expected
    assert sorted(limited) == sorted(expected)
    assert expected - ended_while_waiting <= {*lifted}
    assert ended_while_waiting.isdisjoint({"email_opened", "tracks"})


def test_a_status_is_not_held_back_while_everything_waits(tmp_path: Path) -> None:
    faults = [Fault("openinformation", status(429, retry_after="290"), times=None)]
    with (
        Sandbox(seed=4, messages=300, faults=faults) as sandbox,
        Source(tmp_path, sandbox).reading(progress_every_s=3_600) as process,
    ):
        messages_until(
            process, lambda one: is_rate_limited(one) and status_of(one)["stream_descriptor"]["name"] == "tracks"
        )


def test_progress_is_said_while_everything_waits(tmp_path: Path) -> None:
    faults = [Fault("openinformation", status(429, retry_after="1"), times=None)]
    with (
        Sandbox(seed=4, messages=300, faults=faults) as sandbox,
        Source(tmp_path, sandbox).reading(progress_every_s=0.05) as process,
    ):
        messages_until(process, lambda one: any("now waiting until 20" in line for line in info_lines([one])))
        sandbox.set_faults()
        rest = messages_until(process, lambda one: any("Emitted" in line for line in info_lines([one])))
        assert process.wait(timeout=30) == 0
    assert not any("trying again" in line for line in info_lines(rest))


def test_an_error_is_logged_as_its_sentence_without_a_stack(tmp_path: Path) -> None:
    with Sandbox(seed=4, messages=50, faults=[Fault("openinformation", status(400, {}), times=None)]) as sandbox:
        arguments = Source(tmp_path, sandbox).arguments()
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    errors = [one["log"]["message"] for one in messages if one["type"] == "LOG" and one["log"]["level"] == "ERROR"]
    assert errors == [f"Exception while syncing stream {stream}" for stream in ("email_opened", "tracks")]
    assert "Traceback" not in done.stdout


def test_the_test_kit_of_the_cdk_takes_the_statuses_of_a_rate_limit(tmp_path: Path) -> None:
    with Sandbox(seed=44, messages=300, faults=[Fault("openinformation", status(429, retry_after="0"))]) as sandbox:
        source = Source(tmp_path, sandbox)
        output = entrypoint_wrapper.read(
            SourceMailjetSegment(), source.config, source.catalog, list[AirbyteStateMessage]()
        )
    assert output.errors == []
    statuses = output.get_stream_statuses("email_opened")
    assert (statuses[0], statuses[-1]) == (AirbyteStreamStatus.STARTED, AirbyteStreamStatus.COMPLETE)
    reasons = [
        one.trace.stream_status.reasons for one in output.trace_messages if one.trace and one.trace.stream_status
    ]
    assert any(reasons)
