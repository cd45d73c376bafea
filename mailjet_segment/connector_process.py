"""A connector's process as PyAirbyte's executor, with a listener, and with a way to stop it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mailjet_segment.connector_words import Message, parse_output_line

GRACE_S = 28.0
"""How long a connector may take to end after SIGTERM; the destination waits up to 25 s for its requests."""

LOOK_EVERY_S = 0.1


class ConnectorProcess:
    """Runs a connector for PyAirbyte and shows each of its messages to `on_message`.

    When `stop` is set, the connector gets SIGTERM; its messages still count until it ends. The end of a `read`
    is soft: when the connector fails or is stopped, PyAirbyte sees the messages end and so keeps the records and states
    that it got; otherwise it throws away all that was read. Then `failed` is set. (PyAirbyte 0.71 loads a read only
    when it has ended, and lets nobody signal the process; delete this when it loads as it reads.)
    """

    def __init__(self, executable: Path, on_message: Callable[[Message], None], stop: threading.Event) -> None:
        self._executable = executable
        self._on_message = on_message
        self._stop = stop
        self.failed = False

    def ensure_installation(self, *, auto_fix: bool = True) -> None:
        """It was found before."""

    def get_installed_version(self, **_: bool) -> str | None:
        """PyAirbyte does without."""
        return None

    def execute(self, args: list[str], *, stdin: Any = None, suppress_stderr: bool = False) -> Iterator[str]:
        """The lines that the connector prints when it is run with `args` and the messages `stdin`; no stderr."""
        is_read = args[0] == "read"
        if self._stop.is_set() and is_read:
            return
        with self._running(args, stdin) as process:
            for line in process.stdout or ():
                message = parse_output_line(line)
                if message is not None:
                    self._on_message(message)
                yield line
            code = process.wait()
        if code and is_read:
            self.failed = not self._stop.is_set()
        elif code:
            from airbyte.exceptions import AirbyteSubprocessFailedError

            raise AirbyteSubprocessFailedError(run_args=args, exit_code=code)

    @contextmanager
    def _running(self, args: list[str], messages: Iterable[Any] | None) -> Iterator[subprocess.Popen[str]]:
        """The process, ended at the end; an error of `messages` is raised then."""
        process = subprocess.Popen(
            [self._executable, *args],
            stdin=subprocess.DEVNULL if messages is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        errors: list[Exception] = []
        feeding = threading.Thread(target=_feed, args=(process, messages or (), errors), daemon=True)
        feeding.start()
        threading.Thread(target=_end_when_stopped, args=(process, self._stop), daemon=True).start()
        try:
            yield process
        finally:
            end_process(process)
            feeding.join(GRACE_S)
            if process.stdout:
                process.stdout.close()
        if errors:
            raise errors[0]


def _feed(process: subprocess.Popen[str], messages: Iterable[Any], errors: list[Exception]) -> None:
    """Write PyAirbyte's messages to the connector, until they or the connector end."""
    if process.stdin is None:
        return
    try:
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.writelines(message.model_dump_json() + "\n" for message in messages)
    except Exception as error:
        errors.append(error)


def _end_when_stopped(process: subprocess.Popen[str], stop: threading.Event) -> None:
    while process.poll() is None:
        if stop.wait(LOOK_EVERY_S):
            end_process(process)


def end_process(process: subprocess.Popen[Any]) -> None:
    """SIGTERM, and SIGKILL if the process does not heed it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
