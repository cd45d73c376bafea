"""Lines of the input: what is taken, what is passed over, and what the sync cannot go on from."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from destination_segment.catalog import parse_catalog
from destination_segment.config import parse_config
from destination_segment.encoder import Encode, encoder
from destination_segment.intake import InputRefused, Intake
from destination_segment.messages import parse_airbyte_message, parse_record
from destination_segment.states import States
from destination_segment.tally import MOST_SKIPS_LOGGED, Tally
from program.failure import ConfigurationError
from segment_api.call import Rejected
from segment_api.packer import Packer
from segment_api.verdict import name_event

LOGGER = logging.getLogger("intake")


class Sink:
    """An intake with what it keeps in reach."""

    def __init__(self, *, skips: bool = False, encode: Encode | None = None) -> None:
        self.packer, self.states, self.tally = Packer(lambda: 0.0), States(), Tally(LOGGER)
        self.intake = Intake(
            frozenset({"a", "tracks"}),
            encode or self._encode,
            self.packer,
            self.states,
            self.tally,
            leaves_out=lambda stream: stream == "tracks",
            skips=skips,
        )

    def take(self, message: Any) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.intake.take(line)

    @staticmethod
    def _encode(stream: str, record: Any, namespace: str | None = None) -> bytes:
        if "bad" in record:
            raise Rejected("it is bad")
        return json.dumps(record).encode()


def record(stream: str = "a", **data: Any) -> dict[str, Any]:
    return {"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": 1}}


def test_records_are_packed_and_counted_for_the_next_state() -> None:
    sink = Sink()
    sink.take(record(x=1))
    sink.take(record(x=2))
    sink.take({"type": "STATE", "state": {"stream": {"stream_descriptor": {"name": "a"}}}})
    assert sink.packer.position == 2
    assert list(sink.states.release(1)) == []
    (line,) = sink.states.release(2)
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 2.0}


def test_rows_that_only_repeat_others_are_left_out_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink()
    with caplog.at_level(logging.INFO):
        sink.take(record("tracks"))
        sink.take(record("tracks"))
    assert sink.packer.position == 0
    assert len(caplog.messages) == 1
    assert "2 rows that only repeat others were left out" in sink.tally.summary()


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b" \r\n",
        {"type": "LOG", "log": {"level": "INFO", "message": "x"}},
        {"type": "CONTROL", "control": {}},
        {"type": "SOMETHING_NEW"},
        {"type": "TRACE", "trace": {"type": "ESTIMATE"}},
        {"type": "TRACE"},
    ],
)
def test_what_is_not_for_a_destination_is_passed_over(message: Any) -> None:
    sink = Sink()
    sink.take(message)
    assert sink.packer.position == 0


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b'{"type":"RECORD","secret', "Line 2 of the input is not JSON"),
        (b"\xff\xfe", "Line 2 of the input is not JSON"),
        ('{"type":"STATE","state":{"s":"é"}}'.encode("utf-16"), "Line 2 of the input is not JSON"),
        (b'{"type":"RECORD","record":{"stream":"a","data":{"x":1e400}}}', "Line 2 of the input is not JSON"),
        (b"[" * 100_000, "Line 2 of the input is not JSON"),
        (b'{"type":"RECORD","record":{"stream":"a","data":{"x":NaN}}}', "Line 2 of the input is not JSON"),
        (b"[]", "Line 2 of the input is JSON, but no Airbyte message"),
        (b'{"secret":1}', "Line 2 of the input is JSON, but no Airbyte message"),
        ({"type": "RECORD"}, "Line 2 of the input is a RECORD message without a stream or data"),
        ({"type": "RECORD", "record": {"stream": "a", "data": []}}, "without a stream or data"),
        ({"type": "STATE", "state": []}, "Line 2 of the input is a STATE message without a state"),
        ({"type": "STATE", "state": {"stream": {"x": 1}}}, "is a STATE message of a stream without a name"),
        ({"type": "STATE", "state": {"stream": {"stream_descriptor": {"name": None}}}}, "without a name"),
        (
            {"type": "STATE", "state": {"stream": {"stream_descriptor": {"name": "a", "namespace": []}}}},
            "without a name",
        ),
        ({"type": "RECORD", "record": {"stream": "a", "namespace": {}, "data": {}}}, "without a stream or data"),
        (record("other"), "Line 2 of the input is a record of other, a stream not in the catalog"),
    ],
)
def test_a_line_that_cannot_be_used_ends_the_sync_by_its_number(message: Any, words: str) -> None:
    sink = Sink()
    sink.take(record(x=1))
    with pytest.raises(InputRefused) as raised:
        sink.take(message)
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_state_that_is_nested_deeper_than_python_reads_is_refused_where_it_is_not_held() -> None:
    """Some releases of Python read a thousand levels, others do not."""
    sink = Sink()
    try:
        sink.take(b'{"type":"STATE","state":{"a":' + b"[" * 1_000 + b"]" * 1_000 + b"}}")
    except InputRefused as refused:
        assert "Line 1 of the input is nested too deep" in str(refused)  # noqa: PT017
    else:
        assert sink.states.waiting == 1


def test_statistics_of_a_state_that_are_none_are_replaced() -> None:
    sink = Sink()
    sink.take({"type": "STATE", "state": {"destinationStats": "none"}})
    (line,) = sink.states.release(0)
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 0.0}


def test_input_that_ends_within_a_line_is_said_to_have_broken_off() -> None:
    with pytest.raises(InputRefused, match=r"^The input ended in the middle of line 1"):
        Sink().intake.take(b'{"type":"REC', is_whole=False)


def test_a_last_line_without_its_end_counts_if_it_is_whole() -> None:
    sink = Sink()
    sink.intake.take(json.dumps(record(x=1)).encode(), is_whole=False)
    assert sink.packer.position == 1


def test_half_an_emoji_becomes_a_replacement_character() -> None:
    sink = Sink()
    sink.take(b'{"type":"RECORD","record":{"stream":"a","data":{"x":"caf\\u00e9 \\ud83d"}}}')
    batch = sink.packer.seal()
    assert batch is not None
    assert json.loads(batch.call(0)) == {"x": "café \ufffd"}


WIDE = ("18446744073709551616", "-9223372036854775809", "1234567890" * 40)
LONG = ("0.12345678901234567891", "1234567890123456.7", "12345678901234567.25e-3")


@pytest.mark.parametrize(
    "number", ["18446744073709551615", "-9223372036854775808", *WIDE, *LONG, "1e22", "0.1", "-0.5e-7"]
)
@pytest.mark.parametrize("value", ["%s", "[1.5,%s]", '{"y":{"z":%s}}'], ids=["plain", "in an array", "in an object"])
@pytest.mark.parametrize("who", [("u", "u"), ("half \\ud83d", "half \ufffd")], ids=["read at once", "read slowly"])
@pytest.mark.parametrize("shape", ["segment_rows", "mapped"])
def test_a_number_of_any_size_travels_as_it_came(number: str, value: str, who: tuple[str, str], shape: str) -> None:
    mapped = {"shape": "mapped", "event_name": "E", "timestamp": "timestamp", "user_id": "user_id"}
    encode = encoder(parse_config({"write_key": "k", "records": mapped if shape == "mapped" else {"shape": shape}}))
    row = '{"id":"1","event_text":"E","user_id":"%s","timestamp":"2026-01-31T23:59:59Z","f":1.5,"x":%s}'
    data = row % (who[0], value % number)
    line = b'{"type":"RECORD","record":{"stream":"a","data":%s}}' % data.encode()
    _, stream, record = parse_record(parse_airbyte_message(line), line)
    call = json.loads(encode(stream, record), parse_int=Decimal, parse_float=Decimal)
    assert call["properties"]["x"] == json.loads(value % number, parse_int=Decimal, parse_float=Decimal)
    assert call["properties"]["f"] == Decimal("1.5")
    assert call["userId"] == who[1]


def mapped_call(data: str, **shape: Any) -> Any:
    """The call of a record whose data are these, as it travels."""
    mapped = {"shape": "mapped", "event_name": "E", "timestamp": "t", "user_id": "u", **shape}
    line = b'{"type":"RECORD","record":{"stream":"a","data":{"t":"2026-01-31T23:59:59Z",%s}}}' % data.encode()
    namespace, stream, record = parse_record(parse_airbyte_message(line), line)
    return json.loads(encoder(parse_config({"write_key": "k", "records": mapped}))(stream, record, namespace))


@pytest.mark.parametrize(
    ("number", "user_id"),
    [
        *((wide, wide) for wide in WIDE),
        ("12345678901234567890.50", "12345678901234567890.5"),
        ("0.12345678901234567891", "0.12345678901234567891"),
        ("1e-999999999", "1E-999999999"),
    ],
)
def test_a_number_of_any_size_says_who_by_all_of_its_digits(number: str, user_id: str) -> None:
    assert mapped_call(f'"u":{number},"more":0.1234567890123456')["userId"] == user_id


@pytest.mark.parametrize(
    "number",
    [
        *("1", "1.0", "18446744073709551616", "18446744073709551617", "1234567890123456.7", "1234567890123456.8"),
        *("0.12345678901234567891", "0.12345678901234567892"),
    ],
)
@pytest.mark.parametrize("value", ["%s", '{"y":[%s]}'], ids=["plain", "inside"])
def test_the_digest_of_a_key_has_all_digits_of_its_numbers(number: str, value: str) -> None:
    key = value % number
    sent = mapped_call(f'"u":"x","i":{key},"more":[0.1234567890123456]', message_id=["i"])["messageId"]
    written = f'["E","",null,"a",[{key}]]'
    assert sent.rpartition("-")[0] == hashlib.sha256(written.encode()).hexdigest()[:40]


def test_of_a_name_that_comes_twice_the_last_value_counts_however_the_line_is_read() -> None:
    for more in ("", WIDE[0]):
        line = b'{"type":"RECORD","record":{"stream":"a","data":{"x":1,"x":2,"f":0.5,"wide":[%s]}}}' % more.encode()
        assert parse_record(parse_airbyte_message(line), line)[2]["x"] == 2


def taken_or_refused(line: bytes) -> str:
    """The call or state that a line leads to, else why the sync ends by it."""
    sinking = Sink(encode=encoder(parse_config({"write_key": "k"})))
    try:
        sinking.take(line)
    except InputRefused as refused:
        return str(refused)
    batch = sinking.packer.seal()
    return batch.call(0).decode() if batch else next(sinking.states.release(0))


@pytest.mark.parametrize("levels", [950, 1_000, 1_100, 100_000])
@pytest.mark.parametrize(
    "line",
    [
        '{"type":"STATE","state":{"data":%s}}',
        '{"type":"RECORD","record":{"stream":"a","data":{"id":"1","event_text":"E","user_id":"u",'
        '"timestamp":"2026-01-31T23:59:59Z","x":%s}}}',
    ],
    ids=["state", "record"],
)
def test_nesting_is_taken_or_refused_in_a_sentence(line: str, levels: int) -> None:
    assert "[" * 300 + "]" * 300 in taken_or_refused((line % ("[" * 300 + "]" * 300)).encode())
    outcome = taken_or_refused((line % ("[" * levels + "]" * levels)).encode())
    assert "[" * levels in outcome or "is not JSON" in outcome or "is nested too deep" in outcome


def test_a_rejected_event_ends_the_sync_with_its_id_and_reason() -> None:
    with pytest.raises(InputRefused) as raised:
        Sink().take(record(id="m-1", bad="somebody@example.com"))
    assert str(raised.value) == (
        "Segment would drop event m-1 on line 1 of the input (stream a): it is bad. "
        "Mend it at its source, or set on_rejected to skip."
    )


def test_a_skipped_event_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink(skips=True)
    sink.take(record(bad=1))
    sink.take(record(id=5, bad=1))
    assert caplog.messages == [
        "Skipped an event on line 1 of the input (stream a): it is bad.",
        "Skipped event 5 on line 2 of the input (stream a): it is bad.",
    ]
    assert "2 were skipped" in sink.tally.summary()


def test_very_many_skips_are_counted_but_not_all_logged(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink(skips=True)
    sink.take(record(x=1))
    for _ in range(MOST_SKIPS_LOGGED + 50):
        sink.take(record(bad=1))
    assert len(caplog.messages) == MOST_SKIPS_LOGGED + 1
    assert "1,050 were skipped" in sink.tally.summary()


def rejecting(reasons: Iterator[Rejected]) -> Encode:
    def encode(stream: str, record: Any, namespace: str | None = None) -> bytes:
        raise next(reasons)

    return encode


def test_a_stream_whose_first_thousand_records_are_rejected_for_one_reason_whatever_size_it_tells_fails() -> None:
    sink = Sink(skips=True, encode=rejecting(Rejected(f"it takes {size}", "too large") for size in count()))
    for _ in range(999):
        sink.take(record())
    with pytest.raises(InputRefused, match=r"each of the first 1,000 records of stream a \(it takes 999\)"):
        sink.take(record())


def test_a_stream_of_which_something_was_taken_or_that_is_rejected_for_two_reasons_goes_on() -> None:
    taken, mixed = Sink(skips=True), Sink(skips=True, encode=rejecting(Rejected(f"it is {n // 999}") for n in count()))
    taken.take(record(x=1))
    for sink in (taken, mixed):
        for _ in range(2_000):
            sink.take(record(bad=1))
        assert sink.tally.skipped == 2_000


def test_each_stream_and_namespace_has_first_records_of_its_own() -> None:
    sink = Sink(skips=True)
    sink.take(record(x=1))
    elsewhere = record(bad=1)
    elsewhere["record"]["namespace"] = "elsewhere"
    for _ in range(999):
        sink.take(elsewhere)
    with pytest.raises(InputRefused, match="first 1,000 records"):
        sink.take(elsewhere)


def test_an_id_that_holds_an_address_is_named_by_its_digest() -> None:
    assert "@" not in name_event("users-somebody@example.com")
    assert name_event("m-1") == "event m-1"


def test_streams_that_were_never_complete_are_known() -> None:
    sink = Sink()
    status = {"stream_descriptor": {"name": "a"}, "status": "COMPLETE"}
    sink.take({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": {**status, "status": "STARTED"}}})
    assert sink.intake.incomplete == ["a", "tracks"]
    sink.take({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": status}})
    assert sink.intake.incomplete == ["tracks"]


def stream(name: str, mode: str = "append", **more: Any) -> dict[str, Any]:
    return {"stream": {"name": name}, "destination_sync_mode": mode, **more}


def test_a_catalog_may_append() -> None:
    catalog = parse_catalog(
        {"streams": [stream("a"), stream("b", "append_dedup", minimum_generation_id=2), stream("b")]}
    )
    assert catalog.streams == {"a", "b"}
    assert catalog.truncating == ("b",)
    assert catalog.columns == ()


def test_other_sync_modes_are_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"set the sync mode of b \(overwrite\), c \(overwrite_dedup\) to one"):
        parse_catalog({"streams": [stream("c", "overwrite_dedup"), stream("a"), stream("b", "overwrite")]})


NAMELESS = {"streams": [{"stream": {"name": ["a"]}}]}
MODELESS = {"streams": [{"stream": {"name": "a"}, "destination_sync_mode": {"x": 1}}]}


@pytest.mark.parametrize("raw", [[], {}, {"streams": [{}]}, {"streams": ["a"]}, {"streams": None}, NAMELESS, MODELESS])
def test_what_is_no_catalog_is_called_so(raw: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a configured Airbyte catalog"):
        parse_catalog(raw)
