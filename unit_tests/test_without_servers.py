"""That `make check` runs no test that starts a server or a process: it leaves out those whose code shows it, and fails
those that do it all the same.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PLANTED = r"""
import os, socket, subprocess
import pytest
from functools import lru_cache, partial
from mailjet_sandbox.sandbox import Sandbox

SANDBOXES = {"small": partial(Sandbox, messages=1)}


class Account:
    @property
    def ids(self):
        return Sandbox(messages=1)


@lru_cache
def command():
    return subprocess.run(["true"])


@pytest.fixture
def server():
    with Sandbox(messages=1) as sandbox:
        yield sandbox


def test_left_out_for_a_call():
    subprocess.run(["true"])


def test_left_out_for_a_call_of_a_call():
    command()


def test_left_out_for_its_fixture(server):
    assert server


def test_left_out_for_a_table():
    SANDBOXES["small"]()


def test_left_out_for_a_method():
    assert Account().ids


@pytest.mark.servers
def test_left_out_for_its_mark():
    os.system("true")


def test_failed_for_a_process_that_its_code_does_not_show():
    os.system("true")


def test_failed_for_a_server_though_it_swallows_the_error():
    with pytest.raises(AssertionError), socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))


def test_kept_is_a_client():
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
"""


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How each planted test ended, in lower case; not one of those that were left out."""
    folder = tmp_path_factory.mktemp("planted")
    # Below a folder of the name, for only the code of our own packages is followed.
    planted = folder / "unit_tests" / "test_planted.py"
    planted.parent.mkdir()
    planted.write_text(PLANTED, "utf-8")
    command = [sys.executable, "-m", "pytest", "--without-servers", "-rA", "-p", "no:cacheprovider", "--tb=short"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), str(planted)]
    command += ["-p", "lab.without_servers.plugin"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {name: ending.lower() for ending, name in sorted(found, key=lambda pair: pair[0] != "PASSED")}


def test_what_its_code_shows_to_start_something_is_left_out(endings: dict[str, str]) -> None:
    assert not [name for name in endings if name.startswith("test_left_out")]
    assert PLANTED.count("def test_left_out") == 6


def test_what_starts_something_all_the_same_fails(endings: dict[str, str]) -> None:
    failed = {name for name, ending in endings.items() if ending != "passed"}
    assert failed == {name for name in endings if name.startswith("test_failed")}
    assert len(failed) == 2


def test_what_starts_nothing_is_kept(endings: dict[str, str]) -> None:
    assert {name for name, ending in endings.items() if ending == "passed"} == {"test_kept_is_a_client"}
