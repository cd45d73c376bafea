"""`mailjet-segment webhooks` as a process: what it prints, its exit code, and that it tells no credentials."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailjet_collector.callback_urls import EVENT_TYPES
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

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


def _run(action: str, config: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from mailjet_segment.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "webhooks", action, "--config", str(config), *options]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    for secret in (PASSWORD, "their-secret", "Traceback"):
        assert secret not in finished.stdout + finished.stderr
    return finished


def test_they_are_registered_shown_and_removed(sandbox: Sandbox, config: Path) -> None:
    before = _run("status", config, "--json")
    assert before.returncode == 1
    assert "register" in before.stderr
    done = _run("register", config)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("https://collector.example.com/mailjet/shop") == 7
    assert {row.url for row in sandbox.callback_urls.all()} == {
        f"https://shop:{PASSWORD}@collector.example.com/mailjet/shop"
    }
    status = _run("status", config, "--json")
    assert (status.returncode, status.stderr) == (0, "")
    assert json.loads(status.stdout) == [
        {"account": "shop", "event": event, "state": "ours", "alive": True, "last_post": None} for event in EVENT_TYPES
    ]
    removed = _run("remove", config)
    assert removed.returncode == 0
    assert sandbox.callback_urls.all() == []


def test_another_address_is_named_left_and_taken_over_if_that_is_wanted(sandbox: Sandbox, config: Path) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER})
    left = _run("register", config)
    assert left.returncode == 1
    assert "https://other.example.com/hook" in left.stderr
    assert "--take-over" in left.stderr
    assert len(left.stderr.strip().splitlines()) == 1
    assert [row.url for row in sandbox.callback_urls.all()].count(OTHER) == 1
    status = _run("status", config, "--json")
    assert status.returncode == 1
    states = {row["event"]: row["state"] for row in json.loads(status.stdout)}
    assert states == {**dict.fromkeys(EVENT_TYPES, "ours"), "click": "other"}
    assert _run("register", config, "--take-over").returncode == 0
    assert OTHER not in [row.url for row in sandbox.callback_urls.all()]
    assert _run("remove", config).returncode == 0
    assert [row.url for row in sandbox.callback_urls.all()] == [OTHER]


def test_a_suspended_address_is_told_and_replaced(sandbox: Sandbox, config: Path) -> None:
    _run("register", config)
    sandbox.callback_urls.suspend("https://collector.example.com/mailjet/shop")
    status = _run("status", config, "--json")
    assert status.returncode == 1
    assert "suspended" in status.stderr
    assert {(row["state"], row["alive"]) for row in json.loads(status.stdout)} == {("ours", False)}
    assert _run("register", config).returncode == 0
    assert _run("status", config).returncode == 0


@pytest.mark.parametrize("version", [1, 2])
def test_plain_http_cannot_be_taken_over(sandbox: Sandbox, config: Path, version: int) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER.replace("https", "http"), "Version": version})
    refused = _run("register", config, "--take-over")
    assert refused.returncode == 1
    assert "https" in refused.stderr


def test_it_needs_to_know_where_mailjet_reaches_the_collector(sandbox: Sandbox, config: Path) -> None:
    _write(config, sandbox, public_url=None)
    refused = _run("status", config)
    assert refused.returncode == 1
    assert "public_url is missing" in refused.stderr


def test_wrong_keys_and_a_forbidden_resource_are_one_sentence(sandbox: Sandbox, config: Path) -> None:
    sandbox.switches = Switches(forbidden=frozenset({"eventcallbackurl"}))
    forbidden = _run("register", config)
    assert forbidden.returncode == 1
    assert "'eventcallbackurl' (403)" in forbidden.stderr
    config.write_text(config.read_text().replace(sandbox.api_key_secret, "0" * 32))
    wrong = _run("register", config)
    assert wrong.returncode == 1
    assert "refused the keys (401)" in wrong.stderr
    assert len(wrong.stderr.strip().splitlines()) == 1


def test_a_wrong_command_line_is_2(config: Path) -> None:
    assert _run("toggle", config).returncode == 2
    assert _run("status", config, "--take-over").returncode == 2
