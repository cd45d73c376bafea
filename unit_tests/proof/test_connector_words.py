"""Of all that connectors print, a user sees why it failed, what to know, and what it is at."""

from __future__ import annotations

from typing import Any

import pytest

from lab.proof.connector_words import ConnectorWords, parse_output_line


class Heard:
    """What it said, and what it showed for a while."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.shown: list[str] = []

    def note(self, text: str) -> None:
        self.shown.append(text)

    def warn(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def trace(message: str | None, failure_type: str = "system_error") -> dict[str, Any]:
    error = {"message": message, "failure_type": failure_type, "stack_trace": "Traceback (most recent call last): ..."}
    return {"type": "TRACE", "trace": {"type": "ERROR", "emitted_at": 1, "error": error}}


def log(level: str, message: str) -> dict[str, Any]:
    return {"type": "LOG", "log": {"level": level, "message": message}}


def test_what_a_user_can_mend_comes_before_what_follows_from_it(heard: Heard) -> None:
    words = ConnectorWords(heard)
    words.hear(trace("During the sync, the following streams did not sync successfully: ..."))
    words.hear(trace("Mailjet refused the keys (401): copy them again.", "config_error"))
    assert words.reason() == "Mailjet refused the keys (401): copy them again."


def test_a_failed_check_is_a_reason(heard: Heard) -> None:
    words = ConnectorWords(heard)
    words.hear(
        {"type": "CONNECTION_STATUS", "connectionStatus": {"status": "FAILED", "message": "write_key is\nmissing."}}
    )
    assert words.reason() == "write_key is missing."


def test_a_check_that_succeeds_is_none(heard: Heard) -> None:
    words = ConnectorWords(heard)
    words.hear({"type": "CONNECTION_STATUS", "connectionStatus": {"status": "SUCCEEDED"}})
    assert words.reason() is None


def test_an_error_without_a_message_is_still_an_error(heard: Heard) -> None:
    words = ConnectorWords(heard)
    words.hear(trace(None))
    assert words.reason() == "it ended without saying why"


def test_a_warning_is_said_once_and_the_log_is_only_shown(heard: Heard) -> None:
    words = ConnectorWords(heard)
    for _ in range(2):
        words.hear(log("WARN", "Open tracking is off."))
    words.hear(log("INFO", "Trying again in 2 s."))
    assert heard.said == ["Open tracking is off."]
    assert heard.shown == ["Trying again in 2 s."]


def test_stack_traces_in_the_log_are_left_out(heard: Heard) -> None:
    words = ConnectorWords(heard)
    words.hear(log("FATAL", "Mailjet refused the keys.\nTraceback (most recent call last):\n ..."))
    words.hear(log("WARN", "Read again.\nTraceback (most recent call last):\n ..."))
    assert heard.said == ["Read again."]


def test_a_line_that_is_no_message_is_passed_over() -> None:
    assert parse_output_line("Killed\n") is None
    assert parse_output_line("[1]") is None
    assert parse_output_line('{"type":"LOG"}') == {"type": "LOG"}
