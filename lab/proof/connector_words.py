"""The messages of a connector while it runs: the reason of a failure, warnings, and notes on its progress.

PyAirbyte logs these messages to a file and keeps none of them for its caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

SILENT = "it ended without saying why"

Message = Mapping[str, Any]
"""An Airbyte message, as parsed from a line."""


def parse_output_line(line: str) -> Message | None:
    """The Airbyte message in a line of a connector's output; None if there is none."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None


class Listener(Protocol):
    """Shows the messages of a connector while it runs."""

    def note(self, text: str) -> None:
        """Shows the present work of the connector."""

    def warn(self, text: str) -> None:
        """Shows a warning for the user."""


class ConnectorWords:
    """The words of one connector: its errors are kept, its warnings (each once) and its log go to `listener`."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._config_errors: list[str] = []
        self._other_errors: list[str] = []
        self._warned: set[str] = set()
        self.last_note = ""
        """The last line of its log."""

    def hear(self, message: Message) -> None:
        """Take note of a message; most say nothing for a user."""
        kind = message.get("type")
        if kind == "TRACE" and message["trace"].get("type") == "ERROR":
            error = message["trace"]["error"]
            heard = self._config_errors if error.get("failure_type") == "config_error" else self._other_errors
            heard.append(_as_line(error.get("message") or SILENT))
        elif kind == "CONNECTION_STATUS" and message["connectionStatus"].get("status") == "FAILED":
            self._config_errors.append(_as_line(message["connectionStatus"].get("message") or SILENT))
        elif kind == "LOG":
            self._hear_log(message["log"].get("level"), _first_line(message["log"].get("message") or ""))

    def reason(self) -> str | None:
        """Why it failed, in its own words: errors that a user can mend come first. None if it gave no reason."""
        errors = self._config_errors or self._other_errors
        return errors[0] if errors else None

    def _hear_log(self, level: str | None, text: str) -> None:
        """Lines of level ERROR and FATAL are left out: they repeat the error messages, with stack traces."""
        if level == "WARN" and text not in self._warned:
            self._warned.add(text)
            self._listener.warn(text)
        elif level == "INFO":
            self.last_note = text
            self._listener.note(text)


def _as_line(text: str) -> str:
    return " ".join(text.split())


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
