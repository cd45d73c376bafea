"""Records that are rows of Segment's event tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from destination_segment import LIBRARY
from segment_api.call import Rejected
from segment_events.kinds import TRACKS
from segment_events.row import RowError, parse_row


def only_repeats(stream: str) -> bool:
    """Whether a stream only repeats the events of others: `tracks` does, without their properties."""
    return stream == TRACKS


def row_to_call(stream: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The call that the row was made from; raises `Rejected`, which names the missing value."""
    try:
        return parse_row(row, LIBRARY)
    except RowError as error:
        raise Rejected(str(error) if "event_text" in row else _foreign(stream)) from None


def _foreign(stream: str) -> str:
    return (
        f"stream {stream} does not hold rows of Segment's event tables (it has no column event_text): "
        "set records to mapped and name its columns"
    )
