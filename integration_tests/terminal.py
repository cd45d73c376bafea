"""A command on a pseudo-terminal, as a person has it: what it shows is read, answers are typed."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_ON_ITS_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes the input the controlling terminal, which `/dev/tty` then leads to."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_PATIENCE_S = 60.0


class Terminal:
    """`shown`: everything so far, without colours."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self._process, self._master = process, master
        self._bytes = b""
        self._read_up_to = 0

    @property
    def shown(self) -> str:
        return _ESCAPES.sub("", self._bytes.decode("utf-8", "replace")).replace("\r", "")

    def wait_for(self, text: str) -> None:
        """Reads until a text appears that was not read before."""
        until = time.monotonic() + _PATIENCE_S
        while text not in self.shown[self._read_up_to :]:
            assert time.monotonic() < until, f"{text!r} did not come: {self.shown}"
            assert self._read(), f"it ended before {text!r}: {self.shown}"
        self._read_up_to = self.shown.index(text, self._read_up_to) + len(text)

    def answer(self, question: str, answer: str) -> None:
        """Types an answer, and Enter, when the question is there; `\\x04` is Ctrl-D, `\\x03` Ctrl-C."""
        self.wait_for(question)
        time.sleep(0.1)  # the terminal may still be switched to show nothing
        self.type(answer if answer in {"\x03", "\x04"} else f"{answer}\n")

    def type(self, keys: str) -> None:
        """Types these keys alone."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Reads to the end; returns the exit code."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE_S)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], _PATIENCE_S)[0]:
            return False
        try:
            found = os.read(self._master, 65_536)
        except OSError:  # EIO: nobody has the other side open
            return False
        self._bytes += found
        return bool(found)


@contextmanager
def on_a_terminal(
    command: Path, words: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Runs a command on a terminal of its own, of 100 columns."""
    master, slave = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", _ON_ITS_TERMINAL, str(command), *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**os.environ, "COLUMNS": "100", "TERM": "xterm", **(environment or {})},
            start_new_session=True,
        ) as process:
            os.close(slave)
            try:
                yield Terminal(process, master)
            finally:
                process.kill()
    finally:
        os.close(master)
