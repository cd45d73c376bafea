"""The watch: judges what it hears, and keeps the leaks until a test's end asks for them."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from lab.leak_watch.leaks import leaks_in
from lab.leak_watch.pipe import overhear
from lab.leak_watch.secrets import SANDBOX_SECRETS, secrets_in_files

VARIABLES_OF_KEYS = {"MAILJET_API_KEY", "MAILJET_API_KEY_SECRET", "SEGMENT_WRITE_KEY"}


@dataclass(frozen=True)
class Speaker:
    """Who says something, and which keys it must not say."""

    name: str
    secrets: frozenset[str]


class LeakWatch:
    """Hears processes and messages, from any thread."""

    def __init__(self) -> None:
        self._leaks: list[str] = []
        self._lock = threading.Lock()
        self._listening: list[tuple[subprocess.Popen[Any], threading.Thread]] = []
        self._files: list[tuple[Path, Speaker]] = []

    def hear(self, message: str) -> None:
        """A message of a connector that runs in this process."""
        self._judge(message.encode(), Speaker(f"a message ({running_test()})", SANDBOX_SECRETS))

    def hear_log(self, line: str, logger: str) -> None:
        """A line of a log in this process."""
        self._judge(line.encode(), Speaker(f"the log of {logger} ({running_test()})", SANDBOX_SECRETS))

    def follow(self, process: subprocess.Popen[Any], words: Sequence[str], options: Mapping[str, Any]) -> None:
        """Hears what a process prints from now on; its arguments and its environment are judged at once."""
        secrets, name = SANDBOX_SECRETS | secrets_in_files(words), f"{Path(words[0]).name} ({running_test()})"
        # The contract has the address that is to be forgotten on the command line.
        judged = [word for option, word in pairwise(["", *words]) if option != "--email"]
        self._judge(" ".join(judged).encode(), Speaker(f"the arguments of {name}", secrets))
        self._judge_environment(options.get("env") or os.environ, Speaker(f"the environment of {name}", secrets))
        self._listen(process, options.get("stdout"), Speaker(f"the output of {name}", secrets))

    def _judge_environment(self, environment: Mapping[str, str], speaker: Speaker) -> None:
        """Only variables that hold a key: an address may be anybody's, such as git's author.

        In some variables the contract has users give their keys.
        """
        for name, value in environment.items():
            if name not in VARIABLES_OF_KEYS and any(secret in value for secret in speaker.secrets):
                self._judge(f"{name}={value}".encode(), speaker)

    def _listen(self, process: subprocess.Popen[Any], stdout: Any, speaker: Speaker) -> None:
        for stream in filter(None, (process.stdout, process.stderr)):
            self._listening.append((process, overhear(stream, lambda line: self._judge(line, speaker))))
        path = getattr(stdout, "name", None)
        if isinstance(path, str):
            self._files.append((Path(path), speaker))

    def _judge(self, line: bytes, speaker: Speaker) -> None:
        if leaks := leaks_in(line, speaker.secrets, speaker.name):
            with self._lock:
                self._leaks += leaks

    def take_leaks(self) -> list[str]:
        """What was heard since the last call, when all that has ended was heard to its end."""
        self._wait_for_the_ended()
        self._judge_files()
        with self._lock:
            leaks, self._leaks = self._leaks, []
        return leaks

    def _wait_for_the_ended(self) -> None:
        for process, thread in self._listening:
            if process.poll() is not None:
                thread.join(timeout=10)
                # A test that has read enough leaves its end open, which would be a warning at some other test.
                for stream in filter(None, (process.stdin, process.stdout, process.stderr)):
                    with suppress(OSError):
                        stream.close()
        self._listening = [(process, thread) for process, thread in self._listening if thread.is_alive()]

    def _judge_files(self) -> None:
        """What processes printed into files."""
        for path, speaker in self._files:
            for line in path.read_bytes().splitlines() if path.is_file() else ():
                self._judge(line, speaker)
        self._files.clear()


class LogHandler(logging.Handler):
    """Hears what is logged in this process, with the stack of an error where one is logged."""

    def __init__(self, watch: LeakWatch) -> None:
        super().__init__()
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self._watch.hear_log(line, record.name)


def running_test() -> str:
    """The test that runs now, as pytest says it."""
    return os.environ.get("PYTEST_CURRENT_TEST", "between tests").rpartition(" ")[0]
