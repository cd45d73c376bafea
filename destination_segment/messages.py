"""Lines of the input as Airbyte messages: plain objects, since the CDK's message classes drop unknown fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from segment_api.exact_json import parse_exactly

_EXACT = frozenset({str, int, bool, type(None)})
_DIGITS = bytes.maketrans(b".123456789", b"0000000000")
_MANY_DIGITS = b"0" * 16


class NotAMessage(ValueError):
    """A line that cannot be used; the text continues a sentence that begins with its number, and never quotes it."""


def parse_airbyte_message(line: bytes) -> dict[str, Any]:
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

    orjson reads an integer of more than 64 bits as a float, and keeps 15 to 17 digits of a decimal. So a record
    that may hold such a number (it has a float, an array or an object) is parsed again if the line has as many digits
    in a row.
    """
    record = message.get("record")
    if isinstance(record, dict):
        namespace, stream, data = record.get("namespace"), record.get("stream"), record.get("data")
        if isinstance(stream, str) and isinstance(data, dict) and isinstance(namespace, str | None):
            if not _EXACT.issuperset(map(type, data.values())) and _MANY_DIGITS in line.translate(_DIGITS):
                data = _parse_slowly(line)["record"]["data"]
            return namespace, stream, data
    raise NotAMessage("is a RECORD message without a stream or data")


def completed_stream(message: Mapping[str, Any]) -> str | None:
    """The stream that a TRACE message calls complete; None if there is none."""
    try:
        status = message["trace"]["stream_status"]
        return str(status["stream_descriptor"]["name"]) if status["status"] == "COMPLETE" else None
    except (KeyError, TypeError):
        return None


def _parse_slowly(line: bytes) -> Any:
    try:
        return parse_exactly(line)
    except (ValueError, RecursionError):
        raise NotAMessage("is not JSON") from None
