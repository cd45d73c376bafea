"""Nobody's key and nobody's address in anything that a connector says: listened for in every test of the suite.

What the processes of the connectors and of the command print is heard on its way to the test that started them, and
what runs in this process logs is heard by a handler. A test in which a secret or a person is heard fails, whatever it
is about (`test_leak_watch.py` shows that it does). Only the data of records may hold addresses.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mailjet_sandbox.sandbox import API_KEY, API_KEY_SECRET
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY

ADDRESS = re.compile(r"[\w.%+-]+(?:@|%40)(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
AUTHORIZATION = re.compile(r"\b(?:Basic|Bearer)\s+[A-Za-z0-9+/=_-]{8,}", re.IGNORECASE)
RECORD = b'{"type":"RECORD"'
SHORTEST_SECRET = 8
"""Shorter ones, such as a write key "k" of a test, are part of other words."""

COMMANDS = {"source-mailjet-segment", "destination-segment", "mailjet-segment"}
MODULES = ("source_mailjet_segment", "destination_segment", "mailjet_segment")
CONFIG_OPTIONS = {"--config", "--source-config", "--destination-config"}


class LeakWatch:
    """Judges what it hears, and keeps what it must not have heard until it is asked."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._lock = threading.Lock()
        self._listening: list[tuple[subprocess.Popen[Any], threading.Thread]] = []
        self._files: list[tuple[Path, frozenset[str], str]] = []
        self.secrets = secrets_of({"api_key": API_KEY, "api_key_secret": API_KEY_SECRET, "write_key": DEMO_WRITE_KEY})

    def judge(self, line: bytes, secrets: frozenset[str], where: str) -> None:
        """Takes note of what the line holds that it must not."""
        text = line.decode("utf-8", "replace")
        kinds = ["a key"] if any(secret in text for secret in secrets) else []
        if not line.startswith(RECORD):
            kinds += ["an address"] if ADDRESS.search(text) else []
            kinds += ["an Authorization header"] if AUTHORIZATION.search(text) else []
        if kinds:
            with self._lock:
                self._found += [f"{kind} in {where}: {masked(text, secrets)[:300]}" for kind in kinds]

    def hear(self, message: str) -> None:
        """A message of a connector that runs in this process."""
        self.judge(message.encode(), self.secrets, f"a message ({test_name()})")

    def watch(self, process: subprocess.Popen[Any], words: Sequence[str], options: Mapping[str, Any]) -> None:
        """Hears what a process prints from now on; its arguments and its environment are judged at once."""
        secrets = self.secrets | secrets_in_files(words)
        said_by = f"{Path(words[0]).name} ({test_name()})"
        # Whom to forget is said on the command line, as the contract has it.
        judged = " ".join(word for option, word in pairwise(["", *words]) if option != "--email")
        self.judge(judged.encode(), secrets, f"the arguments of {said_by}")
        for name, value in (options.get("env") or os.environ).items():
            if any(secret in value for secret in secrets):
                self.judge(f"{name}={value}".encode(), secrets, f"the environment of {said_by}")
        for stream in filter(None, (process.stdout, process.stderr)):
            thread = overhear(stream, lambda line: self.judge(line, secrets, f"the output of {said_by}"))
            self._listening.append((process, thread))
        name = getattr(options.get("stdout"), "name", None)
        if isinstance(name, str):
            self._files.append((Path(name), secrets, said_by))

    def found(self) -> list[str]:
        """What was heard since the last call, when all that has ended was heard to its end."""
        for process, thread in self._listening:
            if process.returncode is not None:
                thread.join(timeout=10)
        self._listening = [one for one in self._listening if one[1].is_alive()]
        for path, secrets, said_by in self._files:
            for line in path.read_bytes().splitlines() if path.is_file() else ():
                self.judge(line, secrets, f"the output of {said_by}")
        self._files.clear()
        with self._lock:
            found, self._found = self._found, []
        return found


class _Handler(logging.Handler):
    """Hears what is logged in this process, with the stack of an error where one is logged."""

    def __init__(self, watch: LeakWatch) -> None:
        super().__init__()
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self._watch.judge(line.encode(), self._watch.secrets, f"the log of {record.name} ({test_name()})")


def secrets_of(config: Mapping[str, Any]) -> frozenset[str]:
    """The keys of a configuration, as they are and as HTTP Basic sends them."""
    key, secret, write_key = (str(config.get(name) or "") for name in ("api_key", "api_key_secret", "write_key"))
    basic = [base64.b64encode(f"{pair[0]}:{pair[1]}".encode()).decode() for pair in ((key, secret), (write_key, ""))]
    return frozenset(one for one in (key, secret, write_key, *basic) if len(one) >= SHORTEST_SECRET)


def secrets_in_files(words: Sequence[str]) -> frozenset[str]:
    """The keys in the configuration files that a command is given."""
    found: frozenset[str] = frozenset()
    for option, path in pairwise(words):
        if option in CONFIG_OPTIONS:
            with suppress(OSError, ValueError):
                config = json.loads(Path(path).read_bytes())
                found |= secrets_of(config) if isinstance(config, dict) else frozenset()
    return found


def masked(text: str, secrets: frozenset[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "****")
    return text


def is_ours(words: Sequence[str]) -> bool:
    """Whether a command runs a connector or our command; `sandbox` shows the keys of the stand-ins, as it should."""
    names = {Path(word).name.partition(":")[0] for word in words}
    runs = bool(names & COMMANDS) or any(word.startswith(MODULES) for word in words)
    return (runs or any(f"from {name}" in word for word in words for name in MODULES)) and "sandbox" not in words


def overhear(stream: Any, hear: Callable[[bytes], None]) -> threading.Thread:
    """Puts a pipe of its own behind a file object, and carries what comes to it, line by line past `hear`."""
    source = os.dup(stream.fileno())
    reader, into = os.pipe()
    os.dup2(reader, stream.fileno(), inheritable=False)
    os.close(reader)
    thread = threading.Thread(target=_carry, args=(source, into, hear), daemon=True)
    thread.start()
    return thread


def _carry(source: int, into: int, hear: Callable[[bytes], None]) -> None:
    rest = b""
    try:
        while chunk := os.read(source, 65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                hear(line)
            while chunk:
                chunk = chunk[os.write(into, chunk) :]
    except BrokenPipeError:
        pass  # The test no longer reads; closing lets the process know.
    finally:
        hear(rest)
        os.close(source)
        os.close(into)


def test_name() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "between tests").rpartition(" ")[0]


test_name.__test__ = False  # type: ignore[attr-defined]


def pytest_configure() -> None:
    """Has the tests heed a closed terminal and Ctrl-C: what starts them may ignore these (`nohup`, a shell's `&`), and
    children inherit that.
    """
    for number, handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def leak_watch() -> Iterator[LeakWatch]:
    """Hears all processes that are started from here on."""
    watch, popen = LeakWatch(), subprocess.Popen

    class Overheard(popen):  # type: ignore[misc, valid-type]
        def __init__(self, args: Any, *more: Any, **options: Any) -> None:
            super().__init__(args, *more, **options)
            words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
            if is_ours(list(map(os.fsdecode, words))):
                watch.watch(self, list(map(os.fsdecode, words)), options)

    subprocess.Popen = Overheard  # type: ignore[misc]
    yield watch
    subprocess.Popen = popen  # type: ignore[misc]
    if found := watch.found():
        pytest.fail("\n".join(found), pytrace=False)


@pytest.fixture(autouse=True)
def _no_key_and_no_person_is_heard(leak_watch: LeakWatch) -> Iterator[None]:
    """Fails the test in which one is. The handler is put there each time: runtimes clear the handlers of loggers."""
    handler, loggers = _Handler(leak_watch), (logging.getLogger(), logging.getLogger("airbyte"))
    for logger in loggers:
        logger.addHandler(handler)
    yield
    for logger in loggers:
        logger.removeHandler(handler)
    if found := leak_watch.found():
        pytest.fail("\n".join(found), pytrace=False)
