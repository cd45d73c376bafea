"""Row to call: every rule of both shapes, and what each event lacks that Segment would drop."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest

from destination_segment import NAME, VERSION
from destination_segment.config import parse_config
from destination_segment.encoder import encoder, leaves_out
from segment_api.call import Deleted, Rejected

KEYS = ("key", "other")
SUFFIX = "-" + hashlib.sha256(b"key").hexdigest()[:8]
LIBRARY = {"name": NAME, "version": VERSION}
ROW = {
    "id": "m-1",
    "event": "email_opened",
    "event_text": "Email Opened",
    "user_id": "u-1",
    "timestamp": "2026-01-31T23:59:59Z",
    "original_timestamp": "2026-01-31T23:59:59Z",
    "received_at": "2026-02-01T00:00:00Z",
    "sent_at": "2026-02-01T00:00:00Z",
    "context_traits_email": "a@example.com",
    "context_user_agent": "Firefox",
    "context_ip": "192.0.2.1",
    "context_location_country": "FR",
    "context_library_name": "some-source",
    "email_id": "12",
    "campaign_name": None,
    "_airbyte_raw_id": "x",
}
MAPPED = {"shape": "mapped", "event_name": "Seen {stream}", "timestamp": "at", "user_id": "who", "anonymous_id": "anon"}
RECORD = {"at": "2026-01-31 23:59:59", "who": 42.0, "id": 7, "kind": "b", "nothing": None}


def encode(
    record: dict[str, Any], stream: str = "orders", namespace: str | None = None, /, **records: Any
) -> dict[str, Any]:
    config = parse_config({"write_key": "key", **({"records": records} if records else {})})
    call: dict[str, Any] = orjson.loads(encoder(config)(stream, record, namespace))
    return call


def test_a_row_becomes_the_call_that_it_was_made_from() -> None:
    assert encode(ROW, "email_opened") == {
        "type": "track",
        "event": "Email Opened",
        "messageId": "m-1" + SUFFIX,
        "userId": "u-1",
        "timestamp": "2026-01-31T23:59:59Z",
        "properties": {"email_id": "12"},
        "context": {
            "traits": {"email": "a@example.com"},
            "userAgent": "Firefox",
            "ip": "192.0.2.1",
            "location": {"country": "FR"},
            "library": LIBRARY,
        },
    }


def test_a_timestamp_without_offset_is_utc() -> None:
    assert encode({**ROW, "timestamp": "2026-01-31T23:59:59"})["timestamp"] == "2026-01-31T23:59:59Z"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "it has no id"),
        ({"event_text": " "}, "it has no event name"),
        ({"user_id": ""}, "it has neither user_id nor anonymous_id"),
        ({"timestamp": None}, "its timestamp is missing"),
        ({"timestamp": "2026-13-01T00:00:00Z"}, "its timestamp is missing or not"),
        ({"email_subject": "é" * 16_384}, "it takes 33,"),
    ],
)
def test_a_row_that_segment_would_drop_is_rejected(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Rejected, match=f"^{reason}"):
        encode({**ROW, **change})


def test_a_call_of_just_the_limit_is_sent_and_one_byte_more_is_not() -> None:
    room = 32_768 - len(orjson.dumps(encode({**ROW, "x": ""})))
    assert len(orjson.dumps(encode({**ROW, "x": "a" * room}))) == 32_768
    with pytest.raises(Rejected, match="32,769 bytes"):
        encode({**ROW, "x": "a" * (room + 1)})


def test_a_stream_of_something_else_is_told_from_a_row_with_a_fault() -> None:
    with pytest.raises(Rejected, match=r"stream orders does not hold rows .* set records to mapped"):
        encode(RECORD)


def test_only_the_stream_tracks_is_left_out_and_only_as_segment_rows() -> None:
    mapped = parse_config({"write_key": "key", "records": MAPPED})
    assert leaves_out(parse_config({"write_key": "key"}), "tracks")
    assert not leaves_out(parse_config({"write_key": "key"}), "email_opened")
    assert not leaves_out(mapped, "tracks")


def test_a_mapped_record_becomes_a_call() -> None:
    assert encode({**RECORD, "anon": " a-1 "}, **MAPPED, message_id=["id", "kind"]) == {
        "type": "track",
        "event": "Seen orders",
        "messageId": "843172802f4b81ed1cef3e8ecb28a4ae6ec56110" + SUFFIX,
        "userId": "42",
        "anonymousId": "a-1",
        "timestamp": "2026-01-31T23:59:59Z",
        "properties": {"id": 7, "kind": "b", "nothing": None},
        "context": {"library": LIBRARY},
    }


RECORD_DIGEST = "d565671c5029c3eb5e4b1fe0b0d6443d3c3e15a7"


@pytest.mark.parametrize(
    ("stream", "namespace", "records", "message_id"),
    [
        ("orders", None, {"message_id": ["id", "kind"]}, "843172802f4b81ed1cef3e8ecb28a4ae6ec56110"),
        ("orders", "", {"message_id": ["id", "kind"]}, "843172802f4b81ed1cef3e8ecb28a4ae6ec56110"),
        (
            "orders",
            "eu",
            {"message_id": ["id", "kind"], "id_scope": "shop"},
            "7847d46179549996c38c1fb657aaa313516ef440",
        ),
        ("orders", None, {}, RECORD_DIGEST),
        ("orders", None, {"message_id": ["nothing"]}, RECORD_DIGEST),
        ("orders", None, {"message_id": ["id", "absent"]}, RECORD_DIGEST),
    ],
)
def test_an_id_is_a_digest_of_event_scope_namespace_stream_and_key_or_else_the_whole_record(
    stream: str, namespace: str | None, records: dict[str, Any], message_id: str
) -> None:
    assert encode(RECORD, stream, namespace, **MAPPED, **records)["messageId"] == message_id + SUFFIX


def test_a_digest_is_of_utf_8() -> None:
    record = {"who": "é", "at": "2026-01-31T23:59:59Z"}
    assert encode(record, **MAPPED)["messageId"] == "056c7459e75e993de382bf8c75e4829e057efed5" + SUFFIX


def test_events_of_another_name_stream_namespace_scope_or_key_have_other_ids() -> None:
    def message_id(record: Any = RECORD, stream: str = "s", namespace: str | None = None, **records: Any) -> str:
        shape = {**MAPPED, "event_name": "E", "message_id": ["id", "kind"], **records}
        return str(encode(record, stream, namespace, **shape)["messageId"])

    keys = [("A-1", "2"), ("A", "1-2"), (1, "2"), ("1", "2"), (1.0, "2"), (True, "2"), ([1, "2"], "2"), ("A", ["1-2"])]
    ids = [
        message_id(),
        message_id(event_name="Another"),
        message_id(stream="another"),
        message_id(namespace="another"),
        message_id(id_scope="another"),
        *(message_id({**RECORD, "id": one, "kind": other}) for one, other in keys),
        *(message_id({**RECORD, "id": "", "note": note}) for note in (1, 2)),
    ]
    assert len(set(ids)) == len(ids)


def test_a_key_that_is_an_object_is_the_same_in_whatever_order_its_members_come() -> None:
    one, other = ({**RECORD, "id": key} for key in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    ids = [encode(record, **MAPPED, message_id=["id"])["messageId"] for record in (one, other)]
    assert ids[0] == ids[1]


def test_columns_that_airbyte_adds_are_neither_properties_nor_part_of_the_digest() -> None:
    added = {"_airbyte_raw_id": "x", "_airbyte_extracted_at": 1, "_ab_cdc_lsn": 7, "_ab_cdc_deleted_at": None}
    assert encode({**RECORD, **added}, **MAPPED) == encode(RECORD, **MAPPED)


def test_the_record_of_a_deleted_row_is_no_event() -> None:
    with pytest.raises(Deleted):
        encode({**RECORD, "who": None, "_ab_cdc_deleted_at": "2026-02-01T00:00:00Z"}, **MAPPED)


@pytest.mark.parametrize(
    ("who", "user_id"),
    [(42.0, "42"), (1e22, "1" + "0" * 22), (1.5e-7, "0.00000015"), (0.5, "0.5"), (7, "7"), (" u ", "u")],
)
def test_a_number_says_who_without_exponent_or_trailing_zero(who: Any, user_id: str) -> None:
    assert encode({**RECORD, "who": who}, **MAPPED)["userId"] == user_id


def test_an_id_of_more_than_90_characters_becomes_its_digest() -> None:
    for length, digested in ((90, False), (91, True)):
        whole = "i" * length
        sent = encode({**ROW, "id": whole})["messageId"]
        assert sent == (hashlib.sha256(whole.encode()).hexdigest() if digested else whole) + SUFFIX
        assert len(sent) < 100


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"who": None}, "it has no value in the columns of its identity"),
        ({"who": True}, "it has no value in the columns of its identity"),
        ({"at": None}, "its timestamp is missing"),
        ({"at": "soon"}, "its timestamp is missing, or neither an ISO 8601 date or time nor a Unix time"),
        ({"at": [1769903999]}, "its timestamp is missing, or neither"),
    ],
)
def test_a_mapped_record_that_segment_would_drop_is_rejected(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Rejected, match=f"^{reason}"):
        encode({**RECORD, **change}, **MAPPED)


def test_one_event_has_another_id_at_every_segment_source() -> None:
    one, other = (orjson.loads(encoder(parse_config({"write_key": key}))("s", ROW))["messageId"] for key in KEYS)
    assert one == "m-1" + SUFFIX
    assert other != one


def test_no_call_has_a_sent_at() -> None:
    assert "sentAt" not in encode(ROW)
    assert "sentAt" not in encode(RECORD, **MAPPED)


@pytest.mark.parametrize("records", [{}, MAPPED, {**MAPPED, "message_id": ["id"]}], ids=["rows", "digest", "key"])
def test_what_is_nested_too_deep_to_be_written_is_rejected(records: dict[str, Any]) -> None:
    assert encode({**ROW, **RECORD, "note": nested(300)}, **records)["properties"]["note"] == nested(300)
    with pytest.raises(Rejected, match=r"^it is nested too deep$"):
        encode({**ROW, **RECORD, "note": nested(100_000)}, **records)


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value
