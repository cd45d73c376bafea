# ruff: noqa: RUF001 - a letter that looks like another is what is tested
"""What a process of ours shows to others on its machine while it runs, and what it leaves there when it has ended."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailjet_reading.lookups.scratch_store import Store
from mailjet_rest.rows import Message
from mailjet_sandbox.faults import Fault, after, delay, status
from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant

ROOT = Path(__file__).parent.parent
RUN = {name: [sys.executable, "-m", f"{name}.run"] for name in ("source_mailjet_segment", "destination_segment")}
ROW = {"id": "m-1", "event_text": "E", "user_id": "u", "timestamp": "2026-01-31T23:59:59Z"}
RECORD = json.dumps({"type": "RECORD", "record": {"stream": "a", "data": ROW, "emitted_at": 1}}) + "\n"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The temporary folder of the processes of a test, and of nobody else."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account whose fifth answer and all after it, and Segment's, take longer than any test looks."""
    slow = Fault("", delay(60), nth=5, times=None)
    with Sandbox(
        seed=61, messages=50, faults=[slow], segment_faults=[Fault("", after(delay(60)), times=None)]
    ) as sandbox:
        yield sandbox


def configs(sandbox: Sandbox) -> Mapping[str, dict[str, Any]]:
    return {
        "source_mailjet_segment": {
            "api_key": sandbox.api_key,
            "api_key_secret": sandbox.api_key_secret,
            "api_url": sandbox.mailjet_url,
            "start_date": format_instant(sandbox.start),
        },
        "destination_segment": {
            "write_key": sandbox.write_key,
            "region": {"location": "other", "api_url": sandbox.segment_url},
        },
    }


def start(
    name: str, verb: str, folder: Path, scratch: Path, config: Any, streams: Sequence[str] = ("email_opened",)
) -> subprocess.Popen[bytes]:
    """A command of a connector; `config` is JSON, or the text of the file."""
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "append"}
    described = [
        {"name": each, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]} for each in streams
    ]
    files = {"config": config, "catalog": {"streams": [{"stream": each, **modes} for each in described]}}
    if verb == "check":
        del files["catalog"]
    options: list[str] = []
    for kind, content in files.items():
        path = folder / f"{name}-{verb}-{kind}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        options += [f"--{kind}", str(path)]
    return subprocess.Popen(
        [*RUN[name], verb, *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_until(moment: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not moment():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def start_both(sandbox: Sandbox, folder: Path, scratch: Path) -> dict[str, subprocess.Popen[bytes]]:
    """A read and a write that wait for an answer."""
    given = configs(sandbox)
    source = start("source_mailjet_segment", "read", folder, scratch, given["source_mailjet_segment"])
    destination = start("destination_segment", "write", folder, scratch, given["destination_segment"], ("a",))
    assert destination.stdin
    destination.stdin.write(RECORD.encode())
    destination.stdin.flush()
    wait_until(lambda: sandbox.request_count >= 5, source)
    wait_until(lambda: sandbox.segment.requests >= 1, destination)
    return {"source_mailjet_segment": source, "destination_segment": destination}


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def test_a_running_sync_shows_no_key_and_has_no_file_that_others_may_read(
    sandbox: Sandbox, tmp_path: Path, scratch: Path
) -> None:
    processes = start_both(sandbox, tmp_path, scratch)
    secrets = [one.encode() for one in (sandbox.api_key, sandbox.api_key_secret, sandbox.write_key)]
    try:
        for process in processes.values():
            of_process = Path(f"/proc/{process.pid}")
            shown = (of_process / "cmdline").read_bytes() + (of_process / "environ").read_bytes()
            assert not [secret for secret in secrets if secret in shown]
            limits = (of_process / "limits").read_text()
            assert re.search(r"^Max core file size\s+0\s", limits, re.MULTILINE)
            opened = [target_of(link) for link in (of_process / "fd").iterdir()]
            assert all(path.endswith(" (deleted)") for path in opened if path.startswith(str(scratch)))
        assert files_under(scratch) == []
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in scratch.iterdir()} <= {0o700}
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sync_that_is_told_to_stop_ends_soon_quietly_and_leaves_nothing(
    sandbox: Sandbox, tmp_path: Path, scratch: Path, number: int
) -> None:
    processes = start_both(sandbox, tmp_path, scratch)
    sandbox.set_segment_faults()
    source = processes.pop("source_mailjet_segment")
    source.send_signal(number)
    printed, errors = source.communicate(timeout=30)
    assert source.returncode == 128 + number
    assert b"Traceback" not in printed + errors
    for process in processes.values():
        process.kill()
        process.communicate()
    assert list(scratch.iterdir()) == []


def test_a_sync_leaves_nothing_whether_it_ends_well_or_fails_or_nobody_reads_it(tmp_path: Path, scratch: Path) -> None:
    with Sandbox(seed=62, messages=50) as sandbox:
        given = configs(sandbox)
        sandbox.set_segment_faults(Fault("batch", status(401), nth=2))
        wrong = {**given["source_mailjet_segment"], "api_key_secret": "0" * 32}
        well = start("source_mailjet_segment", "read", tmp_path, scratch, given["source_mailjet_segment"])
        assert well.communicate(timeout=60)[1] == b""
        failing = start("source_mailjet_segment", "read", tmp_path, scratch, wrong)
        assert b"refused the keys (401)" in failing.communicate(timeout=60)[0]
        unread = start("source_mailjet_segment", "read", tmp_path, scratch, given["source_mailjet_segment"])
        assert unread.stdout
        unread.stdout.close()
        unread.wait(timeout=60)
        written = start("destination_segment", "write", tmp_path, scratch, given["destination_segment"], ("a",))
        assert b'"TRACE"' not in written.communicate(RECORD.encode(), timeout=60)[0]
        refused = start("destination_segment", "write", tmp_path, scratch, given["destination_segment"], ("a",))
        assert b"refused the request with 401" in refused.communicate(RECORD.encode(), timeout=60)[0]
    assert [each.returncode for each in (well, failing, written, refused)] == [0, 1, 0, 1]
    assert list(scratch.iterdir()) == []


def test_what_a_sync_learns_is_kept_in_a_file_that_has_no_name_and_no_other_reader() -> None:
    store = Store()
    address = "somebody" * 50
    for first in range(0, 120_000, 10_000):
        store.add_messages(
            Message(str(number), 1, "sent", "1", "1", address, None, None, None, True, True)
            for number in range(first, first + 10_000)
        )
    files = {link: target_of(link) for link in Path("/proc/self/fd").iterdir() if "etilqs_" in target_of(link)}
    assert files, "more than the cache holds, so SQLite has a file by now"
    for link, target in files.items():
        assert target.endswith(" (deleted)")
        assert stat.S_IMODE(link.stat().st_mode) == 0o600
    store.close()


def target_of(link: Path) -> str:
    """What a descriptor leads to; nothing for one that has just been closed."""
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


def test_the_same_mistake_is_the_same_sentence_from_every_command(tmp_path: Path, scratch: Path) -> None:
    with Sandbox(messages=10) as sandbox:
        given = configs(sandbox)
        source = {**given["source_mailjet_segment"], "max_requests_per_second": float("nan")}
        destination = {**given["destination_segment"], "region": {"location": "other", "api_url": "https://х.example"}}
        started = {
            (name, verb): start(name, verb, tmp_path, scratch, config)
            for name, verbs, config in (
                ("source_mailjet_segment", ("check", "read"), source),
                ("destination_segment", ("check", "write"), destination),
            )
            for verb in verbs
        }
        said = {key: process.communicate(timeout=60) for key, process in started.items()}
        assert (sandbox.request_count, sandbox.segment.requests) == (0, 0)
    sentences = {key: sentence_of(printed) for key, (printed, _) in said.items()}
    for name, words in (
        ("source_mailjet_segment", "'max_requests_per_second'"),
        ("destination_segment", "region.api_url"),
    ):
        told = {sentence for key, sentence in sentences.items() if key[0] == name}
        assert len(told) == 1
        assert words in told.pop()
    assert not [one for printed, errors in said.values() for one in (printed, errors) if b"Traceback" in one]
    assert {key[1]: process.returncode for key, process in started.items()} == {"check": 0, "read": 1, "write": 1}


@pytest.mark.parametrize("name", list(RUN))
@pytest.mark.parametrize("text", ['{"api_key": "0123456789abcdef"', '["0123456789abcdef"]'], ids=["no JSON", "a list"])
def test_a_configuration_file_that_is_none_is_a_sentence_that_quotes_none_of_it(
    name: str, text: str, tmp_path: Path, scratch: Path
) -> None:
    process = start(name, "check", tmp_path, scratch, text)
    printed, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (1, b"")
    assert re.search("JSON", sentence_of(printed))
    assert b"0123456789abcdef" not in printed
    assert b"stack_trace" not in printed
    assert b"Traceback" not in printed


def sentence_of(printed: bytes) -> str:
    """The sentence of the status or of the error; there is one."""
    told = []
    for message in map(json.loads, printed.splitlines()):
        if message["type"] == "CONNECTION_STATUS":
            told.append(message["connectionStatus"]["message"])
        elif message["type"] == "TRACE" and "error" in message["trace"]:
            told.append(message["trace"]["error"]["message"])
    (sentence,) = told
    return str(sentence)
