"""Nothing is started: while the guard is up, the interpreter's audit events refuse a server and a process."""

from __future__ import annotations

import sys
from typing import Any

REFUSED = {
    "socket.bind": "binds a socket",
    "subprocess.Popen": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.system": "starts a process",
}
"""What each audit event means ("Audit events table" of Python's documentation)."""


class StartedError(AssertionError):
    """Something was about to start."""


class Guard:
    """Refuses while it is up, and remembers what it refused: a test may swallow the error."""

    def __init__(self) -> None:
        self.is_up = False
        self._refused: list[str] = []
        sys.addaudithook(self._hear)  # cannot be removed again

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_up and event in REFUSED:
            self._refused.append(f"{REFUSED[event]}: {arguments!r:.200}")
            raise StartedError(self._refused[-1])

    def take_refused(self) -> list[str]:
        """What was refused since the last call."""
        refused, self._refused = self._refused, []
        return refused
