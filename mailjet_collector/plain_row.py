"""A stored row of the usual form as a call. Its properties are copied: parsing and writing them takes the most time.

The types say what is usual. A row of any other form goes the general way (`forward_call.py`), which makes the same call
of a plain one.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from segment_api.call import add_suffix, check_size
from segment_events.kinds import ALL_KINDS, EMAIL_COLUMNS, ColumnType
from segment_events.row import cut_row, parse_essentials

MOST_CHARACTERS = 5_000
"""Of the longest row: its call is small enough even if each takes four bytes. A longer one may have to lose columns."""

_Optional = str | UnsetType
"""The text of a column that may be absent, and is never null."""


class _Common(Struct, forbid_unknown_fields=True, gc=False):
    """`COMMON_COLUMNS`, which a row begins with."""

    id: str
    event: str
    event_text: str
    timestamp: str
    original_timestamp: str
    received_at: str
    sent_at: str
    context_library_name: str
    context_library_version: str
    context_integration_name: _Optional = UNSET
    user_id: str | None = None
    anonymous_id: str | None = None
    context_traits_email: _Optional = UNSET
    context_user_agent: _Optional = UNSET
    context_ip: _Optional = UNSET
    context_location_country: _Optional = UNSET


_TYPES: dict[ColumnType, type] = {"text": str, "boolean": bool, "integer": int, "instant": str}


def _property_columns() -> list[tuple[str, type, Any]]:
    columns = dict(EMAIL_COLUMNS)
    for kind in ALL_KINDS:
        columns.update(kind.own_columns)
    return [(name, _TYPES[column_type], None) for name, column_type in columns.items()]


_parse_common = msgspec.json.Decoder(_Common).decode
_check_properties = msgspec.json.Decoder(
    msgspec.defstruct("Properties", _property_columns(), forbid_unknown_fields=True, gc=False)
).decode


class _Library(Struct, gc=False):
    name: str
    version: str


class _Integration(Struct, gc=False):
    name: str


class _Traits(Struct, gc=False):
    email: str


class _Location(Struct, gc=False):
    country: str


class _Context(Struct, gc=False):
    library: _Library
    userAgent: _Optional
    ip: _Optional
    integration: _Integration | UnsetType
    traits: _Traits | UnsetType
    location: _Location | UnsetType


class _Call(Struct, tag_field="type", tag="track", gc=False):
    """A call as `segment_events.track_call` has it."""

    event: str
    messageId: str
    userId: str | UnsetType
    anonymousId: str | UnsetType
    timestamp: str
    properties: Raw
    context: _Context


_write = msgspec.json.Encoder().encode


class PlainRow(Struct, gc=False):
    """A row's common columns, and the JSON of its others."""

    common: _Common
    properties: str

    @property
    def timestamp(self) -> str:
        """When the event happened, as the row has it."""
        return self.common.timestamp

    @property
    def event_text(self) -> str:
        """The event's name."""
        return self.common.event_text

    def to_call(self, suffix: str) -> bytes:
        """The call as it travels; raises `RowError` and `Rejected`."""
        row = self.common
        event_id, event, user_id, anonymous_id, timestamp = parse_essentials(
            row.id, row.event_text, row.user_id, row.anonymous_id, row.timestamp
        )
        context = _Context(
            _Library(row.context_library_name, row.context_library_version),
            row.context_user_agent,
            row.context_ip,
            UNSET if row.context_integration_name is UNSET else _Integration(row.context_integration_name),
            UNSET if row.context_traits_email is UNSET else _Traits(row.context_traits_email),
            UNSET if row.context_location_country is UNSET else _Location(row.context_location_country),
        )
        who = user_id or UNSET, anonymous_id or UNSET
        call = _Call(event, add_suffix(event_id, suffix), *who, timestamp, Raw(self.properties), context)
        return check_size(_write(call))


def parse_plain(text: str) -> PlainRow | None:
    """A row from its JSON; None if it has another form."""
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        common, properties = cut_row(text)
        _check_properties(properties)
        return PlainRow(_parse_common(common), properties)
    except (ValueError, msgspec.MsgspecError):
        return None
