"""A look at the configuration before the CDK is imported: a wrong one is refused at once, in Airbyte's form.

The source has the same in its package: `program` does not know Airbyte, and the connectors do not share code.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import NamedTuple

from destination_segment.config import parse_config
from program.command_line import value_of
from program.failure import ConfigurationError
from program.json_file import read_object


class Refusal(NamedTuple):
    """The message that a command ends with, as a line without its end, and the exit code of the process."""

    line: str
    exit_code: int


def find_refusal(arguments: Sequence[str], *, has_input: bool) -> Refusal | None:
    """Why a command with these arguments cannot be done; None if the CDK has to find out."""
    command, path = arguments[0] if arguments else "", value_of("--config", arguments)
    if command not in {"check", "write"} or path is None:
        return None
    try:
        given = read_object("config", path)
    except ConfigurationError as error:
        return _failed(str(error))
    try:
        parse_config(given)
    except ConfigurationError as error:
        return _checked(str(error)) if command == "check" else _failed(str(error))
    if command == "write" and not has_input:
        return _failed(
            "The input is closed: give write the messages of a source (source read ... | destination write ...)."
        )
    return None


def _checked(sentence: str) -> Refusal:
    return Refusal(
        json.dumps({"type": "CONNECTION_STATUS", "connectionStatus": {"status": "FAILED", "message": sentence}}), 0
    )


def _failed(sentence: str) -> Refusal:
    error = {"message": sentence, "internal_message": sentence, "failure_type": "config_error"}
    trace = {"type": "ERROR", "emitted_at": time.time() * 1000 // 1, "error": error}
    return Refusal(json.dumps({"type": "TRACE", "trace": trace}), 1)
