"""The source as a process with pipes: what Airbyte sees, and what is left after it was killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailjet_sandbox.happened import BLOCKED_STREAM, STREAMS
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from segment_events.instants import format_instant

COMMAND = [sys.executable, "-m", "source_mailjet_segment.run"]
QUIET_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def run(folder: Path, verb: str, **files: Any) -> subprocess.CompletedProcess[str]:
    """One command of the connector, with its files as JSON."""
    return subprocess.run(
        [*COMMAND, verb, *_arguments(folder, files)],
        capture_output=True,
        text=True,
        timeout=120,
        env=QUIET_ENVIRONMENT,
    )


def _arguments(folder: Path, files: dict[str, Any]) -> Iterator[str]:
    for name, value in files.items():
        path = folder / f"{name}.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        yield from (f"--{name}", str(path))


def messages(output: str, kind: str) -> list[dict[str, Any]]:
    """The messages of a type among whole lines; a line that a kill cut off is no message."""
    lines = [line for line in output.split("\n")[:-1] if line]
    return [message for line in lines if (message := json.loads(line))["type"] == kind]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=3, messages=1_500) as sandbox:
        yield sandbox


def configure(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "start_date": format_instant(sandbox.start),
        "max_requests_per_second": 5_000,
    }


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The streams of `discover`, which asks nobody: they are the same for each configuration."""
    nowhere = {"api_key": "a", "api_key_secret": "b", "start_date": "2026-01-01T00:00:00Z"}
    discovered = run(tmp_path_factory.mktemp("discovered"), "discover", config=nowhere)
    return list(messages(discovered.stdout, "CATALOG")[0]["catalog"]["streams"])


@pytest.fixture
def catalog(streams: list[Any]) -> dict[str, Any]:
    """All streams, incremental; a test may change it."""
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    return {"streams": [{"stream": stream, **modes} for stream in deepcopy(streams)]}


def truth(sandbox: Sandbox) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {stream: set() for stream in [*STREAMS.values(), BLOCKED_STREAM]}
    for one in sandbox.truth(until=sandbox.now - timedelta(seconds=5), with_blocked=True):
        if not one.beyond_rest:
            told[one.stream].add(one.id)
    return {**told, "tracks": set().union(*(told[stream] for stream in STREAMS.values()))}


def test_spec_and_discover_need_no_network_and_name_the_eight_streams(streams: list[Any], tmp_path: Path) -> None:
    spec = messages(run(tmp_path, "spec").stdout, "SPEC")[0]["spec"]
    assert spec["connectionSpecification"]["required"] == ["api_key", "api_key_secret", "start_date"]
    assert {stream["name"] for stream in streams} == {*STREAMS.values(), BLOCKED_STREAM, "tracks"}
    for stream in streams:
        assert stream["source_defined_primary_key"] == [["id"]]
        assert stream["default_cursor_field"] == ["timestamp"]


@pytest.mark.parametrize(
    "change, switches, sentence",
    [
        ({}, Switches(), None),
        ({"api_key_secret": "0" * 32}, Switches(), "refused the keys (401)"),
        ({"start_date": "yesterday"}, Switches(), "'start_date' of the configuration must be a date like"),
        ({"api_url": "http://127.0.0.1:9"}, Switches(), "could not be reached"),
        ({}, Switches(forbidden=frozenset({"openinformation"})), "read 'openinformation' (403)"),
    ],
)
def test_check_says_in_one_sentence_what_is_wrong(
    sandbox: Sandbox, tmp_path: Path, change: dict[str, Any], switches: Switches, sentence: str | None
) -> None:
    sandbox.switches = switches
    done = run(tmp_path, "check", config={**configure(sandbox), **change})
    status = messages(done.stdout, "CONNECTION_STATUS")[0]["connectionStatus"]
    assert status["status"] == ("FAILED" if sentence else "SUCCEEDED")
    assert (sentence or "") in status.get("message", "")
    assert done.returncode == 0
    assert sandbox.api_key_secret not in done.stdout + done.stderr


def test_check_finds_that_what_answers_is_not_mailjet(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(tmp_path, "check", config={**configure(sandbox), "api_url": sandbox.segment_url})
    status = messages(done.stdout, "CONNECTION_STATUS")[0]["connectionStatus"]
    assert status["status"] == "FAILED"
    assert "is not Mailjet's API" in status["message"]


def test_check_mentions_that_everybody_will_be_anonymous(tmp_path: Path) -> None:
    with Sandbox(seed=3, messages=50, user_id_property=None) as sandbox:
        done = run(tmp_path, "check", config=configure(sandbox))
    status = messages(done.stdout, "CONNECTION_STATUS")[0]["connectionStatus"]
    assert status["status"] == "SUCCEEDED"
    assert "no contact property 'userId'" in status["message"]


@pytest.mark.parametrize(
    "files, sentence",
    [
        ({"config": {"api_key": "0123456789"}}, "Field 'api_key_secret' of the configuration is missing"),
        (
            {
                "state": [
                    {
                        "type": "STREAM",
                        "stream": {"stream_descriptor": {"name": "email_opened"}, "stream_state": {"cursor": "2026"}},
                    }
                ]
            },
            "The state of stream 'email_opened' was not written by this connector",
        ),
    ],
)
def test_read_refuses_what_it_cannot_read_with_a_sentence_and_exit_code_1(
    sandbox: Sandbox, catalog: dict[str, Any], tmp_path: Path, files: dict[str, Any], sentence: str
) -> None:
    done = run(tmp_path, "read", **{"config": configure(sandbox), "catalog": catalog, **files})
    assert done.returncode == 1
    errors = [one["trace"]["error"]["message"] for one in messages(done.stdout, "TRACE") if "error" in one["trace"]]
    assert any(sentence in error for error in errors)
    assert sandbox.request_count == 0


def test_a_catalog_with_a_stream_that_does_not_exist_or_none_at_all_ends(
    sandbox: Sandbox, catalog: dict[str, Any], tmp_path: Path
) -> None:
    config = configure(sandbox)
    assert run(tmp_path, "read", config=config, catalog={"streams": []}).returncode == 0
    catalog["streams"] = catalog["streams"][:1]
    catalog["streams"][0]["stream"]["name"] = "email_forwarded"
    done = run(tmp_path, "read", config=config, catalog=catalog)
    statuses = [one["trace"]["stream_status"]["status"] for one in messages(done.stdout, "TRACE")]
    assert statuses == ["INCOMPLETE"]


def test_killed_at_random_moments_and_resumed_nothing_is_missing(
    sandbox: Sandbox, catalog: dict[str, Any], tmp_path: Path
) -> None:
    rng = random.Random(0)
    config = configure(sandbox)
    whole = run(tmp_path, "read", config=config, catalog=catalog)
    assert whole.returncode == 0
    sandbox.switches = Switches(latency_s=0.02)
    states: dict[str, Any] = {}
    emitted: dict[str, set[str]] = {stream: set() for stream in truth(sandbox)}

    def take(output: str) -> None:
        for message in messages(output, "RECORD"):
            emitted[message["record"]["stream"]].add(message["record"]["data"]["id"])
        for message in messages(output, "STATE"):
            states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]

    for _ in range(4):
        take(_read_and_kill(tmp_path, config, catalog, list(states.values()), rng.uniform(1.2, 2.6)))
    last = run(tmp_path, "read", config=config, catalog=catalog, state=list(states.values()))
    take(last.stdout)
    assert last.returncode == 0
    assert emitted == truth(sandbox)


def _read_and_kill(folder: Path, config: Any, catalog: Any, state: Sequence[Any], after_s: float) -> str:
    """What a read had printed when it was killed."""
    output = folder / "output"
    arguments = [*_arguments(folder, {"config": config, "catalog": catalog, "state": list(state)})]
    with output.open("w") as printed:
        process = subprocess.Popen([*COMMAND, "read", *arguments], stdout=printed, env=QUIET_ENVIRONMENT)
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
    return output.read_text()


def test_records_states_and_statuses_come_in_an_order_that_airbyte_can_trust(
    sandbox: Sandbox, catalog: dict[str, Any], tmp_path: Path
) -> None:
    done = run(tmp_path, "read", config=configure(sandbox), catalog=catalog)
    ended: set[str] = set()
    since_state: dict[str, int] = {}
    counted: dict[str, float] = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            stream = message["record"]["stream"]
            assert stream not in ended
            since_state[stream] = since_state.get(stream, 0) + 1
        if message["type"] == "STATE":
            stream = message["state"]["stream"]["stream_descriptor"]["name"]
            assert stream not in ended
            counted[stream] = counted.get(stream, 0) + message["state"]["sourceStats"]["recordCount"]
        if message["type"] == "TRACE" and message["trace"]["stream_status"]["status"] == "COMPLETE":
            ended.add(message["trace"]["stream_status"]["stream_descriptor"]["name"])
    assert ended == set(truth(sandbox))
    assert counted == since_state


def test_a_reader_that_goes_away_ends_the_process_soon_and_quietly(catalog: dict[str, Any], tmp_path: Path) -> None:
    with Sandbox(seed=4, messages=15_000, hard_cases=False) as sandbox:
        arguments = _arguments(tmp_path, {"config": configure(sandbox), "catalog": catalog})
        process = subprocess.Popen(
            [*COMMAND, "read", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=QUIET_ENVIRONMENT
        )
        assert process.stdout
        assert process.stderr
        process.stdout.read(100_000)
        process.stdout.close()
        assert process.wait(timeout=30) == 1
        assert process.stderr.read() == b""
        process.stderr.close()


def test_a_check_that_is_told_to_stop_dies_of_the_signal_as_pyairbyte_asks(tmp_path: Path) -> None:
    with Sandbox(messages=20, switches=Switches(latency_s=30)) as sandbox:
        arguments = list(_arguments(tmp_path, {"config": configure(sandbox)}))
        with subprocess.Popen([*COMMAND, "check", *arguments], stdout=subprocess.PIPE) as process:
            while not sandbox.request_count:
                time.sleep(0.05)
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == -signal.SIGTERM
