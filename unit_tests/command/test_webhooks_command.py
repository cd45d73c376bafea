"""`mailjet-segment webhooks`: what it prints, its exit code, and that it tells no credentials."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab.collect_command import COMMAND
from mailjet_collector.callback_urls import EVENT_TYPES
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from mailjet_segment.cli import main

PASSWORD = "a-webhook-password-1"
OTHER = "https://them:their-secret@other.example.com/hook"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=20) as fresh:
        yield fresh


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> Path:
    path = tmp_path / "collector.json"
    _write(path, sandbox)
    return path


def _write(path: Path, sandbox: Sandbox, **more: Any) -> None:
    account = {
        **{"name": "shop", "api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret},
        **{"api_url": sandbox.mailjet_url, "webhook_password": PASSWORD},
    }
    config = {
        "store": f"sqlite:///{path.parent / 'events.db'}",
        "accounts": [account],
        "public_url": "https://collector.example.com",
        **more,
    }
    path.write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


Run = Callable[..., "Finished"]


class Finished(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("status", "--json")`: what the command printed; no secret is ever part of it."""

    def act(action: str, *options: str) -> Finished:
        try:
            code = main(["webhooks", action, "--config", str(config), *options])
        except SystemExit as wrong_line:
            code = int(wrong_line.code or 0)
        finished = Finished(code, *capsys.readouterr())
        _assert_discreet(finished)
        return finished

    return act


def _run_process(config: Path, action: str, *options: str) -> Finished:
    command = [*COMMAND, "webhooks", action, "--config", str(config), *options]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Finished(finished.returncode, finished.stdout, finished.stderr)


def _assert_discreet(finished: Finished) -> None:
    for secret in (PASSWORD, "their-secret", "Traceback"):
        assert secret not in finished.stdout + finished.stderr


def test_a_process_registers_and_shows_in_json_alone(sandbox: Sandbox, config: Path) -> None:
    done = _run_process(config, "register", "--json")
    _assert_discreet(done)
    assert (done.returncode, done.stderr) == (0, "")
    assert {row["state"] for row in json.loads(done.stdout)} == {"ours"}
    assert len(sandbox.callback_urls.all()) == 7


def test_remove_without_the_store_of_the_former_addresses_changes_nothing(
    sandbox: Sandbox, config: Path, run: Run, tmp_path: Path
) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER})
    assert run("register", "--take-over").returncode == 0
    _write(config, sandbox, store=f"sqlite:///{tmp_path / 'elsewhere.db'}")
    removed = run("remove")
    assert removed.returncode == 1
    assert "There is no store" in removed.stderr
    assert not (tmp_path / "elsewhere.db").exists()
    assert len(sandbox.callback_urls.all()) == 7


def test_they_are_registered_shown_and_removed(sandbox: Sandbox, run: Run) -> None:
    before = run("status", "--json")
    assert before.returncode == 1
    assert "register" in before.stderr
    done = run("register")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Accounts at Mailjet: 1 (")
    assert done.stdout.count("https://collector.example.com/mailjet/shop") == 7
    assert {row.url for row in sandbox.callback_urls.all()} == {
        f"https://shop:{PASSWORD}@collector.example.com/mailjet/shop"
    }
    status = run("status", "--json")
    assert (status.returncode, status.stderr) == (0, "")
    assert json.loads(status.stdout) == [
        {"account": "shop", "event": event, "state": "ours", "alive": True, "last_post": None} for event in EVENT_TYPES
    ]
    removed = run("remove")
    assert removed.returncode == 0
    assert sandbox.callback_urls.all() == []


def test_another_address_is_named_left_and_taken_over_if_that_is_wanted(sandbox: Sandbox, run: Run) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER})
    left = run("register")
    assert left.returncode == 1
    assert "https://other.example.com/hook" in left.stderr
    assert "--take-over" in left.stderr
    assert len(left.stderr.strip().splitlines()) == 1
    assert [row.url for row in sandbox.callback_urls.all()].count(OTHER) == 1
    status = run("status", "--json")
    assert status.returncode == 1
    states = {row["event"]: row["state"] for row in json.loads(status.stdout)}
    assert states == {**dict.fromkeys(EVENT_TYPES, "ours"), "click": "other"}
    assert run("register", "--take-over").returncode == 0
    assert OTHER not in [row.url for row in sandbox.callback_urls.all()]
    assert run("remove").returncode == 0
    assert [row.url for row in sandbox.callback_urls.all()] == [OTHER]


def test_a_suspended_address_is_told_and_replaced(sandbox: Sandbox, run: Run) -> None:
    run("register")
    sandbox.callback_urls.suspend("https://collector.example.com/mailjet/shop")
    status = run("status", "--json")
    assert status.returncode == 1
    assert "suspended" in status.stderr
    assert {(row["state"], row["alive"]) for row in json.loads(status.stdout)} == {("ours", False)}
    assert run("register").returncode == 0
    assert run("status").returncode == 0


@pytest.mark.parametrize("version", [1, 2])
def test_plain_http_cannot_be_taken_over(sandbox: Sandbox, run: Run, version: int) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER.replace("https", "http"), "Version": version})
    refused = run("register", "--take-over")
    assert refused.returncode == 1
    assert "https" in refused.stderr


def test_it_needs_to_know_where_mailjet_reaches_the_collector(sandbox: Sandbox, config: Path, run: Run) -> None:
    _write(config, sandbox, public_url=None)
    refused = run("status")
    assert refused.returncode == 1
    assert "public_url is missing" in refused.stderr


def test_wrong_keys_and_a_forbidden_resource_are_one_sentence(sandbox: Sandbox, config: Path, run: Run) -> None:
    sandbox.switches = Switches(forbidden=frozenset({"eventcallbackurl"}))
    forbidden = run("register")
    assert forbidden.returncode == 1
    assert "'eventcallbackurl' (403)" in forbidden.stderr
    config.write_text(config.read_text().replace(sandbox.api_key_secret, "0" * 32))
    wrong = run("register")
    assert wrong.returncode == 1
    assert "refused the keys (401)" in wrong.stderr
    assert len(wrong.stderr.strip().splitlines()) == 1


def test_a_wrong_command_line_is_2(run: Run) -> None:
    assert run("toggle").returncode == 2
    assert run("status", "--take-over").returncode == 2
