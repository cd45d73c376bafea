"""A stream's stretches in Airbyte's STATE messages.

`after` and `start_date` are of the stretch that has no end; `earlier` lists the others, if `start_date` was moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from mailjet_reading.state import MEND
from mailjet_reading.written import parse_second, second_text
from program.failure import ConfigurationError
from source_mailjet_segment.from_collector.stretches import Stretch

WAY = "collector"
"""The value of `events_from` in a state; a state of REST has no such field."""
_VERSION = 1


def is_of_collector(written: Mapping[str, Any]) -> bool:
    """Whether a state was made while a collector was read."""
    return written.get("events_from") == WAY


def format_state(stretches: Sequence[Stretch], api_key_digest: str) -> dict[str, Any]:
    """A stream's state as its STATE message carries it; the last stretch has no end."""
    *earlier, last = stretches
    written: dict[str, Any] = {
        "version": _VERSION,
        "events_from": WAY,
        "api_key_sha256": api_key_digest,
        "start_date": second_text(last.since),
        "after": last.after,
    }
    if earlier:
        written["earlier"] = [
            {
                "start_date": second_text(stretch.since),
                "end_date": second_text(stretch.until or 0),
                "after": stretch.after,
            }
            for stretch in earlier
        ]
    return written


def parse_stretches(stream: str, written: Mapping[str, Any], api_key_digest: str) -> list[Stretch]:
    """The stretches of a stream's state; none for an empty state.

    Raises `ConfigurationError` for a state of REST, of another version, of another key, or of something else.
    """
    if not written:
        return []
    if not is_of_collector(written):
        raise ConfigurationError(
            f"The state of stream '{stream}' was made by reading Mailjet itself, and 'events_from' names a collector "
            "now: use a new connection, or clear this one's data."
        )
    if written.get("version") != _VERSION:
        raise ConfigurationError(
            f"The state of stream '{stream}' is of another release: use the release that wrote it or a newer one, or "
            "clear this connection's data."
        )
    if written.get("api_key_sha256") != api_key_digest:
        raise ConfigurationError(
            f"The state of stream '{stream}' belongs to another Mailjet API key: use a new connection, or clear this "
            "one's data."
        )
    try:
        earlier = [
            Stretch(parse_second(part["start_date"]), parse_second(part["end_date"]), _position(part["after"]))
            for part in written.get("earlier", [])
        ]
        stretches = [*earlier, Stretch(parse_second(written["start_date"]), None, _position(written["after"]))]
        if any(before.until != after.since for before, after in pairwise(stretches)):
            raise ValueError("stretches with a gap")
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ConfigurationError(f"The state of stream '{stream}' is damaged: {MEND}.") from None
    return stretches


def refuse_state_of_collector(stream: str, written: Mapping[str, Any]) -> None:
    """Raises `ConfigurationError` for a state that was made while a collector was read."""
    if is_of_collector(written):
        raise ConfigurationError(
            f"The state of stream '{stream}' was made by reading a collector, and 'events_from' names Mailjet itself "
            "now: use a new connection, or clear this one's data."
        )


def _position(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("no position")
    return value
