"""What goes out as a row comes back as the call it was made from, and is the same call each time."""

from __future__ import annotations

import hashlib
import json
import string
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from destination_segment import LIBRARY
from destination_segment.config import MappedRecords
from destination_segment.mapped import record_to_call
from destination_segment.messages import parse_airbyte_message, parse_record
from destination_segment.segment_rows import row_to_call
from mailjet_reading.lookups.user_ids import to_user_id
from mailjet_sandbox.segment_server import drop_reason
from segment_api.call import Rejected, encode_call, id_suffix
from segment_api.limits import MAX_CALL_BYTES
from segment_events.instants import format_instant, parse_instant, unix_seconds
from segment_events.kinds import COMMON_COLUMNS
from segment_events.person import Person
from segment_events.row import add, begin_row, blank_row, parse_row, to_tracks_json, to_tracks_row

READ_AT = "2026-01-31T00:00:00Z"
SUFFIX = id_suffix("a0made0up0write0key")
UTC_INSTANTS = st.datetimes(timezones=st.just(timezone.utc))
TEXT = st.text(max_size=20).map(str.strip).filter(bool)
COLUMNS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12).filter(
    lambda name: name not in COMMON_COLUMNS and not name.startswith(("context_", "_airbyte_"))
)
WHOLE = st.integers() | st.integers(-(10**120), 10**120)
NUMBERS = WHOLE | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.booleans() | NUMBERS | st.text(max_size=9)
JSON = st.recursive(
    PLAIN | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


CONTEXT_PLACES: tuple[tuple[str, str, str | None], ...] = (
    ("context_traits_email", "traits", "email"),
    ("context_ip", "ip", None),
    ("context_user_agent", "userAgent", None),
    ("context_location_country", "location", "country"),
    ("context_integration_name", "integration", "name"),
    ("context_library_name", "library", "name"),
    ("context_library_version", "library", "version"),
)
"""Each context column of the table, and its place in the call's `context`: a key, or a key within a key."""


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Rows of any event, with any of the context's columns, and with properties of any kind."""
    user_id, anonymous_id = draw(st.none() | TEXT), draw(st.none() | TEXT)
    assume(user_id or anonymous_id)
    blank = blank_row(draw(TEXT), READ_AT, {})
    row = begin_row(blank, draw(TEXT), format_instant(draw(UTC_INSTANTS)), Person(user_id, anonymous_id))
    add(row, {column: draw(PLAIN) for column, _, _ in draw(st.sets(st.sampled_from(CONTEXT_PLACES)))})
    add(row, draw(st.dictionaries(COLUMNS, JSON, max_size=5)))
    return row


def received(sent: dict[str, Any]) -> dict[str, Any]:
    """What is sent, as a row; there is nothing in it that a row does not have."""
    assert sent.keys() - {"userId", "anonymousId"} == {
        "type",
        "event",
        "messageId",
        "timestamp",
        "properties",
        "context",
    }
    who = Person(sent.get("userId"), sent.get("anonymousId"))
    row = begin_row(blank_row(sent["event"], READ_AT, {}), sent["messageId"], sent["timestamp"], who)
    context: dict[tuple[str, str | None], Any] = {
        (key, None): value for key, value in sent["context"].items() if not isinstance(value, dict)
    }
    for key, inner in sent["context"].items():
        context |= {(key, name): value for name, value in inner.items()} if isinstance(inner, dict) else {}
    add(row, {column: context.pop((key, name), None) for column, key, name in CONTEXT_PLACES})
    assert not context
    properties: dict[str, Any] = sent["properties"]
    return row | properties


@given(rows())
def test_a_row_is_the_call_that_it_is_sent_as(row: dict[str, Any]) -> None:
    sent = parse_row(row, LIBRARY)
    assert sent["type"] == "track"
    assert received(sent) == {
        **row,
        "context_library_name": LIBRARY["name"],
        "context_library_version": LIBRARY["version"],
    }


@given(rows())
def test_a_row_that_travelled_as_a_record_leaves_as_a_call_that_segment_keeps(row: dict[str, Any]) -> None:
    stream, data = travel(row)
    sent = encode_call(row_to_call(stream, data), SUFFIX)
    travelling = json.loads(sent)
    assert len(sent) <= MAX_CALL_BYTES
    assert drop_reason(travelling) is None
    assert travelling["timestamp"] == row["timestamp"]
    assert travelling["event"] == row["event_text"]
    assert (travelling.get("userId"), travelling.get("anonymousId")) == (row.get("user_id"), row.get("anonymous_id"))
    assert travelling["messageId"] == row["id"] + SUFFIX
    properties = {name: value for name, value in row.items() if name not in COMMON_COLUMNS}
    assert repr(travelling["properties"]) == repr(json.loads(json.dumps(properties)))
    assert sent == encode_call(row_to_call(stream, data), SUFFIX)


@given(rows(), TEXT)
def test_the_row_of_tracks_is_cut_from_the_bytes_of_the_row(row: dict[str, Any], email_id: str) -> None:
    common = {name: value for name, value in row.items() if name in COMMON_COLUMNS}
    others = {name: value for name, value in row.items() if name not in COMMON_COLUMNS}
    whole = json.dumps({**common, "email_id": email_id, **others}, separators=(",", ":")).encode()
    assert json.loads(to_tracks_json(whole)) == to_tracks_row(row)


def travel(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Stream and data of a record that went over a pipe; numbers beyond 64 bits are decimals from then on."""
    record = {"type": "RECORD", "record": {"stream": "a", "data": data, "emitted_at": 1}}
    line = json.dumps(record).encode()
    _, stream, arrived = parse_record(parse_airbyte_message(line), line)
    return stream, arrived


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
    record = travel(record)[1]
    columns = list(record.items())
    chance.shuffle(columns)
    try:
        call = record_to_call(rule, "a", record)
    except Rejected:
        return
    assert record_to_call(rule, "a", dict(columns)) == call
    assert call["properties"] == {name: record[name] for name in record.keys() - {"at", "who", "who_else"}}


PLACES = st.fixed_dictionaries(
    {"stream": st.sampled_from(["a", "a-b"]), "namespace": st.sampled_from([None, "a", "a-b"])}
)
RULES = st.builds(
    MappedRecords,
    event_name=st.sampled_from(["x", "{stream}", "a"]),
    timestamp=st.just("at"),
    user_id=st.just("who"),
    anonymous_id=st.just("who_else"),
    message_id=st.sampled_from([(), ("key",), ("key", "part"), ("part", "key")]),
    id_scope=st.sampled_from(["", "a"]),
)


@given(st.lists(st.tuples(RULES, PLACES, RECORDS), min_size=2, max_size=2))
def test_two_mapped_records_share_an_id_only_if_they_share_what_it_is_made_of(
    both: list[tuple[MappedRecords, dict[str, Any], dict[str, Any]]],
) -> None:
    both = [(rule, place, travel(record)[1]) for rule, place, record in both]
    try:
        ids = [record_to_call(rule, record=record, **place)["messageId"] for rule, place, record in both]
    except Rejected:
        return
    made_of = [_made_of(rule, record=record, **place) for rule, place, record in both]
    assert (ids[0] == ids[1]) == (made_of[0] == made_of[1])


def _made_of(rule: MappedRecords, stream: str, namespace: str | None, record: dict[str, Any]) -> str:
    values = [record.get(column) for column in rule.message_id]
    key = record if not values or None in values or "" in values else values
    parts = [rule.event_name.replace("{stream}", stream), rule.id_scope, namespace, stream, key]
    return json.dumps(parts, sort_keys=True, default=str)


@given(WHOLE, WHOLE)
@example(2**64, -(2**63) - 1)
def test_whole_numbers_of_any_size_say_who_and_which_by_all_of_their_digits(who: int, key: int) -> None:
    rule = MappedRecords("x", "at", "who", None, ("key",))
    stream, data = travel({"at": "2026-01-31T23:59:59Z", "who": who, "key": key})
    sent = json.loads(encode_call(record_to_call(rule, stream, data), SUFFIX))
    digest = hashlib.sha256(f'["x","",null,"a",[{key}]]'.encode()).hexdigest()[:40]
    assert (sent["userId"], sent["messageId"]) == (str(who), digest + SUFFIX)
    assert sent["properties"] == {"key": key}


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
