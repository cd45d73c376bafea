"""`init` on a terminal and without one: what it asks, finds, tests and writes."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration_tests.command_account import COMMAND
from integration_tests.terminal import on_a_terminal
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.troubles import TROUBLES
from mailjet_segment.cli import main

KEYS = ("MAILJET_API_KEY", "MAILJET_API_KEY_SECRET", "SEGMENT_WRITE_KEY")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=60, days=5, now="real") as sandbox:
        yield sandbox


def keys_of(sandbox: Sandbox) -> dict[str, str]:
    return dict(zip(KEYS, (sandbox.api_key, sandbox.api_key_secret, sandbox.write_key), strict=True))


def without_input(folder: Path, keys: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in KEYS} | keys
    command = [str(COMMAND), "init", "--no-input", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_asks_finds_the_host_and_the_property_and_its_last_line_syncs(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(messages=10, **TROUBLES["mailjet-keys"]) as other:
        hosts = ["--api-url", other.mailjet_url, "--api-url", sandbox.mailjet_url]
        with on_a_terminal(COMMAND, ["init", *hosts], tmp_path) as terminal:
            terminal.answer("Mailjet API key: ", sandbox.api_key)
            terminal.answer("Mailjet secret key: ", "mistyped-secret")
            terminal.wait_for("type them again")
            terminal.answer("Mailjet API key: ", sandbox.api_key)
            terminal.answer("Mailjet secret key: ", sandbox.api_key_secret)
            terminal.wait_for(f"The account is at {sandbox.mailjet_url}.")
            terminal.answer("Read events since", "31 January")
            terminal.answer("Read events since", "2026-01-31")
            terminal.answer("[UserId]: ", "")
            terminal.answer("Segment write key (nothing: tables alone): ", sandbox.write_key)
            terminal.answer("[us]: ", sandbox.segment_url)
            assert terminal.end() == 0, terminal.shown
    assert not [key for key in keys_of(sandbox).values() if key in terminal.shown]
    source, destination = (json.loads((tmp_path / name).read_text()) for name in ("source.json", "destination.json"))
    assert source["api_url"] == sandbox.mailjet_url
    assert source["start_date"] == "2026-01-31T00:00:00Z"
    assert source["user_id"] == {"from": "contact_property", "property": "UserId"}
    assert destination["write_key"] == sandbox.write_key
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"source.json": 0o600, "destination.json": 0o600}
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(terminal.shown.splitlines()[-1])[1:]) == 0
    assert sandbox.segment.accepted


@pytest.mark.parametrize("answer, code", [("n", 1), ("", 1), ("\x04", 1), ("\x03", 130)])
def test_a_file_that_is_there_stays_without_a_yes(answer: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text("mine", "utf-8")
    with on_a_terminal(COMMAND, ["init"], tmp_path) as terminal:
        terminal.answer("source.json exists. Overwrite it? [y/N]: ", answer)
        assert terminal.end() == code
    assert "Traceback" not in terminal.shown
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_without_input_it_takes_options_and_environment_and_asks_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    words = ["--api-url", sandbox.mailjet_url, "--region", sandbox.segment_url, "--directory", "conf"]
    done = without_input(tmp_path, keys_of(sandbox), *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "conf").iterdir()) == ["destination.json", "source.json"]
    again = without_input(tmp_path, keys_of(sandbox), *words)
    assert (again.returncode, again.stderr.count("--overwrite")) == (1, 1)
    more = ["--user-id-property", "none", "--no-segment", "--overwrite"]
    assert without_input(tmp_path, keys_of(sandbox), *words, *more).returncode == 0
    assert json.loads((tmp_path / "conf" / "source.json").read_text())["user_id"] == {"from": "none"}


@pytest.mark.parametrize(
    "change, word",
    [
        ({"MAILJET_API_KEY": ""}, "MAILJET_API_KEY is not set"),
        ({"MAILJET_API_KEY_SECRET": "wrong-secret"}, "refused the keys (401)"),
    ],
)
def test_what_is_missing_or_refused_is_one_sentence_and_nothing_is_written(
    change: dict[str, str], word: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    done = without_input(tmp_path, {**keys_of(sandbox), **change}, "--api-url", sandbox.mailjet_url)
    assert done.returncode == 1
    assert word in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_must_be_mended_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with Sandbox(messages=60, days=5, now="real", **TROUBLES["mailjet-permission"]) as sandbox:
        done = without_input(tmp_path, keys_of(sandbox), "--api-url", sandbox.mailjet_url)
    assert done.returncode == 1
    assert "'clickstatistics', 'contactdata' (403)" in done.stderr
    assert not list(tmp_path.iterdir())
