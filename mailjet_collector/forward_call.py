"""A stored row as the call that Segment gets: as it is, or without its largest columns if it is too large. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segment_api.call import Rejected, encode_call
from segment_events.row import parse_row

SHED = ((), ("payload",), ("payload", "smtp_reply", "comment"))
"""The columns that a call goes without, until it is small enough."""


def to_call(row: Mapping[str, Any], suffix: str) -> bytes:
    """The call as it travels; raises `Rejected` if Segment would drop it even without those columns."""
    library = {name: str(row.get(f"context_library_{name}", "")) for name in ("name", "version")}
    too_large: Rejected | None = None
    for columns in SHED:
        kept = {name: value for name, value in row.items() if name not in columns} if columns else row
        try:
            return encode_call(parse_row(kept, library), suffix)
        except Rejected as rejected:
            too_large = rejected
    raise too_large or Rejected("it is no event")
