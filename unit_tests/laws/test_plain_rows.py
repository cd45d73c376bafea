"""A stored row whose properties are copied becomes the call, or the refusal, that a parsed one becomes."""

from __future__ import annotations

import json
import string
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from event_store.positions import row_text
from mailjet_collector.forward_call import AnyRow, parse_stored
from mailjet_collector.plain_row import MOST_CHARACTERS, PlainRow
from segment_api.call import Rejected, id_suffix
from segment_api.limits import MAX_CALL_BYTES
from segment_events.kinds import COMMON_COLUMNS, KIND_BY_STREAM, columns_of
from segment_events.row import RowError

SUFFIX = id_suffix("a0made0up0write0key")
OF_TYPE: dict[str, Any] = {"text": 'ä"\\\u2028\x7f😀/', "boolean": False, "integer": -(2**63), "instant": "2026-01-31"}
LAST_OF_COMMON = ("user_id", "anonymous_id", "context_traits_email", "context_user_agent", "context_ip")
"""The columns of the person and of the context that rows have one after the other; the country is the last."""

TEXT = st.text(max_size=9) | st.sampled_from(["", " a ", "\n", "\0", "\ud83d", "null", ',"email_id":', "a" * 91])
INSTANT = st.sampled_from(["2026-01-31T23:59:59Z", "2024-02-29T00:00:00Z", "2026-01-31 23:59:59.5+02:00", "yesterday"])
NUMBER = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
ODD = st.none() | st.booleans() | NUMBER | TEXT | st.just(["a", {"b": None}]) | st.just({"email": "a@example.com"})
COLUMNS = tuple(
    dict.fromkeys(
        (
            *("id", "event", "event_text", "timestamp", "original_timestamp", "received_at", "sent_at"),
            *("context_integration_name", "context_library_name", "context_library_version"),
            *(*LAST_OF_COMMON, "context_location_country", "email_id"),
            *(column for stream in KIND_BY_STREAM for column in columns_of(stream)),
        )
    )
)
"""All columns, in the order of rows; no event has all of them."""
ODD_COLUMNS = st.sampled_from(["_airbyte_raw_id", "context_traits", "context_page_url", "context_ip", "id", "a"])


def row_of(stream: str) -> dict[str, Any]:
    """A row with all columns that its table has."""
    row = {name: OF_TYPE[columns_of(stream)[name]] for name in COLUMNS if name in columns_of(stream)}
    return {**row, "timestamp": "2026-01-31T23:59:59Z"}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Rows as they are made, with a few of the columns missing, odd, or of no table."""
    row = row_of(draw(st.sampled_from(sorted(KIND_BY_STREAM))))
    for name in draw(st.sets(st.sampled_from(LAST_OF_COMMON))):
        del row[name]
    row["timestamp"] = draw(INSTANT)
    row |= draw(st.dictionaries(st.sampled_from([*row]), TEXT, max_size=3))
    row |= draw(st.dictionaries(st.sampled_from([*row]), ODD, max_size=1))
    return row | draw(st.dictionaries(ODD_COLUMNS, ODD, max_size=1))


def outcome(row: PlainRow | AnyRow) -> tuple[str, str, bytes | str]:
    """What forwarding asks of a row: its event, its time, and its call, or why there is none."""
    try:
        return row.event_text, row.timestamp, row.to_call(SUFFIX)
    except (RowError, Rejected) as error:
        return row.event_text, row.timestamp, repr(error)


@given(rows())
@example(row_of("email_opened") | {"timestamp": "2026-01-31 23:59:59.5+02:00"})
@example(row_of("email_opened") | {"id": "a" * 91})
@example(row_of("email_delivered") | {"email_id": None})
@example({"a": 1, **row_of("email_delivered")})
@example(row_of("email_delivered") | {"context_page_url": "a"})
def test_a_row_is_the_same_call_by_either_way(row: dict[str, Any]) -> None:
    text = row_text(row)
    assert outcome(parse_stored(text)) == outcome(AnyRow(orjson.loads(text)))


@given(rows(), st.randoms(use_true_random=False))
def test_columns_in_any_order_say_the_same(row: dict[str, Any], chance: Any) -> None:
    columns = list(row.items())
    chance.shuffle(columns)
    text = row_text(dict(columns))
    ways = [outcome(parse_stored(text)), outcome(AnyRow(orjson.loads(text)))]
    calls = [json.dumps(json.loads(call), sort_keys=True) if isinstance(call, bytes) else call for _, _, call in ways]
    assert calls[0] == calls[1]


@pytest.mark.parametrize("stream", KIND_BY_STREAM)
def test_a_row_with_all_columns_of_its_table_is_plain(stream: str) -> None:
    row = row_of(stream)
    assert isinstance(parse_stored(row_text(row)), PlainRow)
    needed = ("id", "event", "event_text", "original_timestamp", "received_at", "sent_at", "email_id", "anonymous_id")
    sender = ("context_library_name", "context_library_version")
    fewest = {name: row[name] for name in row if name in {*needed, *sender, "timestamp"}}
    assert isinstance(parse_stored(row_text(fewest)), PlainRow)


@given(st.integers(0, MAX_CALL_BYTES), st.sampled_from(string.ascii_letters + "é😀\x01"))
@example(MOST_CHARACTERS, "\x01")
def test_a_row_of_any_length_is_a_call_that_segment_keeps(length: int, character: str) -> None:
    text = row_text({**row_of("email_delivered"), "payload": character * length, "smtp_reply": character * length})
    row = parse_stored(text)
    assert outcome(row) == outcome(AnyRow(orjson.loads(text)))
    assert len(row.to_call(SUFFIX)) <= MAX_CALL_BYTES


def test_the_common_columns_come_first() -> None:
    assert set(COLUMNS[: len(COMMON_COLUMNS)]) == set(COMMON_COLUMNS)
