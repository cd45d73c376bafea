"""The command `sandbox`: what it prints and writes is what it serves, where it is told to and with keys of the seed."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import requests

from integration_tests.command_account import COMMAND
from mailjet_collector.config import read_config


@contextmanager
def served(*options: str) -> Iterator[tuple[dict[str, Any], dict[str, Any], subprocess.Popen[str]]]:
    """The two configurations that it prints, while it runs."""
    command = [str(COMMAND), "sandbox", "--messages", "50", "--days", "3", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = list(takewhile(lambda line: line != "Ctrl-C stops it.\n", process.stdout))
        assert process.poll() is None, process.communicate()
        source, destination, _ = ("{" + text.partition("\n}")[0] + "}" for text in "".join(lines).split("\n{")[1:])
        try:
            yield json.loads(source), json.loads(destination), process
        finally:
            process.kill()


def free_ports() -> int:
    """A port that is free, as is the next."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def status_of(mailjet: dict[str, Any], key: str, secret: str) -> int:
    return requests.get(f"{mailjet['api_url']}/v3/REST/message", auth=(key, secret), timeout=5).status_code


@pytest.mark.parametrize("more", [[], ["--newsletter"]], ids=["usual", "newsletter"])
def test_it_serves_what_it_prints_until_it_is_stopped(more: list[str]) -> None:
    with served(*more) as (mailjet, segment, process):
        assert status_of(mailjet, mailjet["api_key"], mailjet["api_key_secret"]) == 200
        batch = f"{segment['region']['api_url']}/v1/batch"
        assert requests.post(batch, auth=(segment["write_key"], ""), json={"batch": []}, timeout=5).status_code == 200
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert "Stopped after 1 requests" in out


def test_ctrl_c_ends_it_with_130() -> None:
    with served() as (_, _, process):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Stopped after 0 requests" in out


def test_it_listens_where_it_is_told_and_writes_the_configurations_for_this_user_alone(tmp_path: Path) -> None:
    port, folder = free_ports(), tmp_path / "made" / "here"
    with served("--host", "127.0.0.2", "--port", str(port), "--write-config", str(folder)) as (mailjet, segment, _):
        assert mailjet["api_url"] == f"http://127.0.0.2:{port}"
        assert segment["region"] == {"location": "other", "api_url": f"http://127.0.0.2:{port + 1}"}
        assert status_of(mailjet, mailjet["api_key"], mailjet["api_key_secret"]) == 200
        for name, shown in (("source.json", mailjet), ("destination.json", segment)):
            assert json.loads((folder / name).read_text("utf-8")) == shown
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_the_configuration_of_a_collector_holds_and_its_account_is_the_sandboxs(tmp_path: Path) -> None:
    with served("--write-config", str(tmp_path)) as (mailjet, segment, _):
        config = read_config(tmp_path / "collector.json")
        (account,) = config.accounts
        assert (account.api_url, account.api_key) == (mailjet["api_url"], mailjet["api_key"])
        assert account.segment is not None
        assert account.segment.write_key == segment["write_key"]
        assert config.public_url == "http://127.0.0.1:8080"
        registered = [str(COMMAND), "webhooks", "register", "--config", str(tmp_path / "collector.json")]
        done = subprocess.run(registered, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_sandbox_on_every_address_is_written_as_containers_reach_it() -> None:
    port = free_ports()
    with served("--host", "0.0.0.0", "--port", str(port)) as (mailjet, segment, _):
        assert mailjet["api_url"] == f"http://host.docker.internal:{port}"
        assert segment["region"]["api_url"] == f"http://host.docker.internal:{port + 1}"
        here = {**mailjet, "api_url": f"http://127.0.0.1:{port}"}
        assert status_of(here, mailjet["api_key"], mailjet["api_key_secret"]) == 200


def test_a_seed_has_the_same_keys_at_each_start_and_others_than_the_next() -> None:
    with served("--seed", "7") as first, served("--seed", "7") as again, served("--seed", "8") as other:
        keys = [
            (mailjet["api_key"], mailjet["api_key_secret"], segment["write_key"])
            for mailjet, segment, _ in (first, again, other)
        ]
        assert keys[0] == keys[1]
        assert not set(keys[0]) & set(keys[2])
        assert status_of(other[0], *keys[0][:2]) == 401
        assert status_of(other[0], *keys[2][:2]) == 200


def test_plants_are_an_option_and_need_an_account_that_is_held() -> None:
    with served("--planted", "--messages", "200") as (mailjet, _, _):
        rows = requests.get(
            f"{mailjet['api_url']}/v3/REST/contact?Limit=100",
            auth=(mailjet["api_key"], mailjet["api_key_secret"]),
            timeout=5,
        ).json()["Data"]
        assert any(row["Email"].endswith("~sandbox@gmail.com") for row in rows)
    both = subprocess.run([COMMAND, "sandbox", "--planted", "--newsletter"], capture_output=True, text=True, timeout=60)
    assert both.returncode == 2


def refused(*options: str) -> str:
    done = subprocess.run([COMMAND, "sandbox", *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "cannot be listened on" in refused("--port", str(taken.getsockname()[1]))


def test_a_configuration_of_a_real_account_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "source.json"
    mine.write_text('{"api_key": "k", "api_key_secret": "s", "start_date": "2026-01-01T00:00:00Z"}', "utf-8")
    before = mine.read_bytes()
    assert "is not of a sandbox" in refused("--write-config", str(tmp_path))
    assert mine.read_bytes() == before
    assert not (tmp_path / "destination.json").exists()


def test_a_configuration_of_an_earlier_sandbox_is_replaced(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        with served("--seed", seed, "--write-config", str(tmp_path)) as (mailjet, _, _):
            assert json.loads((tmp_path / "source.json").read_text("utf-8")) == mailjet
