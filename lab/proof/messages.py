"""Airbyte messages in what a connector printed, and the sentence that its user sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from lab.proof.connector_words import ConnectorWords

Message = Mapping[str, Any]


def parse_messages(output: str) -> list[Message]:
    """The messages in whole lines; a line that a kill cut off is none, and neither is what is no JSON."""
    parsed: list[Message] = []
    for line in output.split("\n")[:-1]:
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(message, dict) and "type" in message:
            parsed.append(message)
    return parsed


class Warned:
    """A listener that keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        """Not kept."""

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def sentence_of(messages: Iterable[Message], errors: str = "") -> str:
    """Why a connector failed, else what it warned of, else the last line of its stderr; empty where it said nothing."""
    listener = Warned()
    words = ConnectorWords(listener)
    for message in messages:
        words.hear(message)
    return words.reason() or "; ".join(listener.warnings) or (errors.strip().splitlines() or [""])[-1]
