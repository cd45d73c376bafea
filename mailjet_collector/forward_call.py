"""A stored row as the call that Segment gets: as it is, or without its largest columns if it is too large. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mailjet_collector.plain_row import PlainRow, parse_plain
from segment_api.call import Rejected, encode_call
from segment_events.row import parse_row

SHED = ((), ("payload",), ("payload", "smtp_reply", "comment"))
"""The columns that a call goes without, until it is small enough."""


class AnyRow:
    """A row of any form, with values of any kind."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    @property
    def timestamp(self) -> str:
        """When the event happened, as the row has it."""
        return str(self._row["timestamp"])

    @property
    def event_text(self) -> str:
        """The event's name."""
        return str(self._row["event_text"])

    def to_call(self, suffix: str) -> bytes:
        """The call as it travels; raises `RowError`, and `Rejected` if Segment would drop it even without columns."""
        row = self._row
        library = {name: str(row.get(f"context_library_{name}", "")) for name in ("name", "version")}
        too_large: Rejected | None = None
        for columns in SHED:
            kept = {name: value for name, value in row.items() if name not in columns} if columns else row
            try:
                return encode_call(parse_row(kept, library), suffix)
            except Rejected as rejected:
                too_large = rejected
        raise too_large or Rejected("it is no event")


def parse_stored(text: str) -> PlainRow | AnyRow:
    """A row from the JSON that is stored."""
    return parse_plain(text) or AnyRow(orjson.loads(text))
