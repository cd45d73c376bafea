"""Lines of the input as Airbyte messages: plain objects, since the CDK's message classes drop what they do not know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

_EXACT = frozenset({str, int, bool, type(None)})
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19


class NotAMessage(ValueError):
    """A line that cannot be used; the text goes on from its number, and never quotes it."""


def parse_message(line: bytes) -> dict[str, Any]:
    """The message in a line, empty for a blank one; raises `NotAMessage`."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        if not line.strip():
            return {}
        message = _parse_slowly(line)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise NotAMessage("is JSON, but no Airbyte message")
    return message


def parse_record(message: Mapping[str, Any], line: bytes) -> tuple[str | None, str, dict[str, Any]]:
    """Namespace, stream and data of the RECORD message in `line`; raises `NotAMessage`.

    orjson reads an integer of more than 64 bits as a float. So a record in which there may be one, among the floats or
    inside an array or object, is read again where the line has as many digits in a row.
    """
    record = message.get("record")
    if isinstance(record, dict):
        stream, data = record.get("stream"), record.get("data")
        if isinstance(stream, str) and isinstance(data, dict):
            if not _EXACT.issuperset(map(type, data.values())) and _NINETEEN_DIGITS in line.translate(_DIGITS):
                data = _parse_slowly(line)["record"]["data"]
            return record.get("namespace"), stream, data
    raise NotAMessage("is a RECORD message without a stream or data")


def parse_state(line: bytes) -> dict[str, Any]:
    """A STATE message exactly as it came: `json` keeps integers of any size, and orjson does not."""
    message: dict[str, Any] = json.loads(line)
    state = message.get("state")
    if not isinstance(state, dict):
        raise NotAMessage("is a STATE message without a state")
    if state.get("stream") and not _named(state["stream"]):
        raise NotAMessage("is a STATE message of a stream without a name")
    return message


def _named(stream: Any) -> bool:
    try:
        return isinstance(stream["stream_descriptor"]["name"], str)
    except (KeyError, TypeError):
        return False


def completed_stream(message: Mapping[str, Any]) -> str | None:
    """The stream that a TRACE message calls complete, if it does."""
    try:
        status = message["trace"]["stream_status"]
        return str(status["stream_descriptor"]["name"]) if status["status"] == "COMPLETE" else None
    except (KeyError, TypeError):
        return None


def _parse_slowly(line: bytes) -> Any:
    r"""JSON with integers of any size, and U+FFFD for half a surrogate pair (a cut-off emoji, `\ud83d`), which UTF-8
    cannot hold."""
    try:
        text = json.dumps(json.loads(line), ensure_ascii=False, allow_nan=False)
        return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        raise NotAMessage("is not JSON") from None
