"""A connector's process, run by PyAirbyte, with somebody who listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from mailjet_segment.connector_words import Message, parse_message


class WatchedExecutor:
    """Stands in front of PyAirbyte's executor of a connector and shows each message to `on_message`.

    It makes the end of a `read` soft: when the connector fails, or when `stop` is set, PyAirbyte sees the messages end
    and so keeps the records and states that it got; otherwise it throws away all that was read. What went wrong is then
    in `failed`. (PyAirbyte 0.71 loads a read only when it has ended; delete this when it loads as it reads.)
    """

    def __init__(self, executor: Any, on_message: Callable[[Message], None], stop: threading.Event) -> None:
        self._executor = executor
        self._on_message = on_message
        self._stop = stop
        self.failed = False

    def ensure_installation(self, *, auto_fix: bool = True) -> None:
        """Passed on to PyAirbyte's executor."""
        self._executor.ensure_installation(auto_fix=auto_fix)

    def get_installed_version(self, **options: bool) -> str | None:
        """Passed on to PyAirbyte's executor."""
        version: str | None = self._executor.get_installed_version(**options)
        return version

    def execute(self, args: list[str], *, stdin: Any = None, suppress_stderr: bool = False) -> Iterator[str]:
        """The lines that the connector prints when it is run with `args`; its stderr goes nowhere."""
        from airbyte.exceptions import AirbyteSubprocessFailedError

        try:
            with closing(self._executor.execute(args, stdin=stdin, suppress_stderr=True)) as lines:
                for line in lines:
                    message = parse_message(line)
                    if message is not None:
                        self._on_message(message)
                    yield line
                    if self._stop.is_set() and args[0] == "read":
                        return
        except AirbyteSubprocessFailedError:
            if args[0] != "read":
                raise
            self.failed = True
