"""What goes out as a row comes back as the call it was made from, and is the same call each time."""

from __future__ import annotations

import json
import string
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
from hypothesis import assume, example, given
from hypothesis import strategies as st

from destination_segment.call import Rejected, id_suffix, to_call
from destination_segment.config import MappedRecords
from destination_segment.limits import MAX_CALL_BYTES
from destination_segment.mapped import record_to_event
from destination_segment.messages import parse_message, parse_record
from destination_segment.segment_rows import row_to_event
from mailjet_sandbox.segment_server import drop_reason
from segment_events.instants import format_instant, parse_instant, unix_seconds
from segment_events.kinds import COMMON_COLUMNS
from segment_events.row import CONTEXT_PATHS, parse_row, to_row
from segment_events.track_call import TrackCall
from source_mailjet_segment.user_ids import to_user_id

READ_AT = datetime(2026, 1, 31, tzinfo=timezone.utc)
SUFFIX = id_suffix("a0made0up0write0key")
UTC_INSTANTS = st.datetimes(timezones=st.just(timezone.utc))
TEXT = st.text(max_size=20).map(str.strip).filter(bool)
COLUMNS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12).filter(
    lambda name: name not in COMMON_COLUMNS and not name.startswith(("context_", "_airbyte_"))
)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.booleans() | NUMBERS | st.text(max_size=9)
JSON = st.recursive(
    PLAIN | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def contexts(draw: st.DrawFn) -> dict[str, Any]:
    """Contexts of the paths that rows have columns for."""
    context: dict[str, Any] = {}
    for path in draw(st.sets(st.sampled_from(sorted(CONTEXT_PATHS.values())))):
        inner = context
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = draw(PLAIN)
    return context


@st.composite
def calls(draw: st.DrawFn) -> TrackCall:
    user_id, anonymous_id = draw(st.none() | TEXT), draw(st.none() | TEXT)
    assume(user_id or anonymous_id)
    properties = draw(st.dictionaries(COLUMNS, JSON.filter(lambda value: value is not None), max_size=5))
    return TrackCall(draw(TEXT), draw(TEXT), draw(UTC_INSTANTS), user_id, anonymous_id, properties, draw(contexts()))


@given(calls())
def test_a_row_is_the_call_it_was_made_from(call: TrackCall) -> None:
    assert parse_row(to_row(call, READ_AT)) == call


@given(calls())
def test_a_row_that_travelled_as_a_record_leaves_as_a_call_that_segment_keeps(call: TrackCall) -> None:
    record = {"type": "RECORD", "record": {"stream": "a", "data": to_row(call, READ_AT), "emitted_at": 1}}
    _, stream, data = parse_record(parse_message(json.dumps(record).encode()))
    sent = to_call(row_to_event(stream, data), SUFFIX)
    travelling = orjson.loads(sent.json)
    assert len(sent.json) <= MAX_CALL_BYTES
    assert drop_reason(travelling) is None
    assert parse_instant(travelling["timestamp"]) == call.timestamp
    assert travelling["event"] == call.event
    assert (travelling.get("userId"), travelling.get("anonymousId")) == (call.user_id, call.anonymous_id)
    assert travelling["properties"] == json.loads(json.dumps(dict(call.properties)))
    assert sent == to_call(row_to_event(stream, data), SUFFIX)


RULE = MappedRecords("{stream} changed", "at", "who", "who_else", ("key", "part"))
RECORDS = st.fixed_dictionaries(
    {"at": UTC_INSTANTS.map(format_instant)},
    optional={"who": JSON, "who_else": JSON, "key": JSON, "part": JSON, "note": JSON},
)


@given(RECORDS, st.booleans(), st.randoms(use_true_random=False))
def test_a_mapped_record_gets_the_same_id_in_whatever_order_its_columns_come(
    record: dict[str, Any], is_keyed: bool, chance: Any
) -> None:
    rule = RULE if is_keyed else MappedRecords("x", "at", "who", "who_else", ())
    columns = list(record.items())
    chance.shuffle(columns)
    try:
        event = record_to_event(rule, "a", record)
    except Rejected:
        return
    assert record_to_event(rule, "a", dict(columns)) == event
    assert not {"at", "who", "who_else"} & event.properties.keys()
    assert event.properties.keys() <= record.keys()


@given(RECORDS, RECORDS)
def test_two_mapped_records_share_an_id_only_if_they_share_what_it_is_made_of(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    rule = MappedRecords("x", "at", "who", "who_else", ())
    try:
        ids = [record_to_event(rule, "a", record).message_id for record in (one, other)]
    except Rejected:
        return
    spelt = [orjson.dumps(record, option=orjson.OPT_SORT_KEYS) for record in (one, other)]
    assert (ids[0] == ids[1]) == (spelt[0] == spelt[1])


@given(UTC_INSTANTS)
@example(datetime(1, 1, 1, tzinfo=timezone.utc))
@example(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc))
def test_an_instant_comes_back_as_it_was_written(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant
    assert datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=unix_seconds(instant)) <= instant


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),
    st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)),
)
def test_an_instant_with_an_offset_is_the_one_that_python_reads(local: datetime, offset: timedelta) -> None:
    aware = local.replace(tzinfo=timezone(timedelta(minutes=offset // timedelta(minutes=1))))
    assert parse_instant(aware.isoformat()) == aware
    assert unix_seconds(aware) == aware.timestamp() // 1


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_refused(text: str) -> None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return
    assert parse_instant(format_instant(instant)) == instant


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None))
def test_a_number_as_a_user_id_keeps_its_value_without_exponent_or_trailing_zeros(number: Decimal) -> None:
    user_id = to_user_id(number, is_number=True)
    assert user_id is not None
    assert Decimal(user_id) == number
    if abs(number.adjusted()) < 100:
        assert "E" not in user_id
        assert "." not in user_id or user_id[-1] not in ".0"
    assert to_user_id(user_id, is_number=True) == user_id
