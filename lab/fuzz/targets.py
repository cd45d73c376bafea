"""The table of what is fuzzed: each target takes any bytes and holds what must be true of whatever they are.

A target ends quietly where the bytes are understood, and where they are refused by the error that is meant for them;
every other exception is a finding. Where something goes out and comes in again, it must come back as it was.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from requests.structures import CaseInsensitiveDict

import destination_segment.config as destination_config
import source_mailjet_segment.config as source_config
from destination_segment import LIBRARY
from destination_segment.catalog import parse_catalog
from destination_segment.encoder import encoder, leaves_out
from destination_segment.intake import InputRefused, Intake
from destination_segment.line_reader import LineReader
from destination_segment.messages import NotAMessage, parse_airbyte_message, parse_record
from destination_segment.states import States
from destination_segment.tally import Tally
from mailjet_events.event import Event
from mailjet_events.from_rest import to_bounce, to_click, to_delivery, to_engagement, to_open
from mailjet_events.to_row import Surroundings, blank_of, to_row
from mailjet_reading.config import refuse_future_start
from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.lookups.contact_property import Property
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.user_ids import parse_owned
from mailjet_reading.packing import digest, pack, unpack
from mailjet_reading.state import format_state, parse_stream_state
from mailjet_rest.outcome import Again, Answer, Missing, Outcome, Refused, Row, judge
from mailjet_rest.rows import (
    Agent,
    Bounce,
    Campaign,
    Click,
    HistoryEvent,
    Message,
    Open,
    State,
    parse_agent,
    parse_block,
    parse_bounce,
    parse_campaign,
    parse_click,
    parse_contact,
    parse_history_event,
    parse_list,
    parse_message,
    parse_message_state,
    parse_open,
)
from mailjet_sandbox.segment_server import MAX_BATCH_BYTES, MAX_BATCH_CALLS, drop_reason
from program.configuration import warn_of_unknown_fields
from program.failure import ConfigurationError
from segment_api.call import Deleted, Rejected
from segment_api.exact_json import parse_exactly, write_exactly
from segment_api.outcome import TryLater, to_outcome
from segment_api.packer import Batch, Packer
from segment_events.instants import format_instant, parse_instant
from segment_events.person import Person
from segment_events.row import RowError, begin_row, blank_row, parse_row
from source_mailjet_segment.streams import STREAM_NAMES

ORIGIN = "https://api.example.com"
WRITE_KEY = "a0made0up0write0key"
KEY_DIGEST = "0123abcd"
"""The key that the states of the corpus belong to."""
NOW = datetime(2026, 2, 1, tzinfo=timezone.utc)
READ_AT = "2026-01-31T00:00:00Z"
MOST_BYTES = 65_536
"""A pipe holds this much without a reader."""

_SILENT = logging.getLogger("fuzz")
_SILENT.disabled = True


@dataclass(frozen=True)
class Target:
    """`run` takes the input; `bounded_runs`: how many inputs a run of fixed length tries."""

    run: Callable[[bytes], None]
    bounded_runs: int


def read_mailjet_answer(data: bytes) -> None:
    """An answer with status 200, by the parser of each resource, and on to the event that arrives at Segment."""
    for resource, parse in [("message", parser) for parser in ROW_PARSERS] + [
        ("contactdata", parser) for parser in OWNER_PARSERS
    ]:
        outcome = judge(200, {}, data, resource, ORIGIN, 0.0, parse)
        _require_alike(outcome, judge(200, {}, data, resource, ORIGIN, 0.0, partial(parse)))
        assert isinstance(outcome, Answer) or (isinstance(outcome, Again) and outcome.malformed)
        if isinstance(outcome, Answer):
            assert outcome.count >= 0
            for row in outcome.rows:
                _keep(row)
                for event in _events(row):
                    _send_on(event, row)


def _require_alike(at_once: Outcome[Any], by_row: Outcome[Any]) -> None:
    """A page that is read at once holds what its rows hold. Only in what nobody needs may it be worse than them."""
    if isinstance(by_row, Answer):
        assert at_once == by_row


def _parse_owner(row: Row) -> tuple[str, str | None]:
    return parse_owned(row, Property("userId", is_number=False))


def _parse_numbered_owner(row: Row) -> tuple[str, str | None]:
    return parse_owned(row, Property("userId", is_number=True))


ROW_PARSERS: Sequence[Callable[[Row], Any]] = (
    parse_open,
    parse_click,
    parse_bounce,
    parse_block,
    parse_message,
    parse_history_event,
    parse_campaign,
    parse_agent,
    parse_list,
    parse_contact,
    parse_message_state,
)
OWNER_PARSERS: Sequence[Callable[[Row], Any]] = (_parse_owner, _parse_numbered_owner)
_STORE = Store()
_SOMEBODY = Message("1", 1_767_225_600, "sent", "2", "3", "a@example.com", None, "Hello", None, True, True)


def _keep(row: Any) -> None:
    """What a sync stores while it lasts comes back as it was."""
    if isinstance(row, Message):
        _STORE.add_messages([row])
        assert _STORE.messages([row.email_id]) == {row.email_id: row}
    elif not isinstance(row, tuple) or type(row) is tuple:
        contact_id, user_id = row
        assert user_id is None or user_id == user_id.strip() != ""
        _STORE.user_ids.remember({contact_id: user_id})
        assert _STORE.user_ids.recall([contact_id]) == {contact_id: user_id}


def _events(row: Any) -> Iterator[Event]:
    """The events that a row is evidence of."""
    found: Event | None = None
    if isinstance(row, Open):
        found = to_open(row)
    elif isinstance(row, Click):
        found = to_click(row)
    elif isinstance(row, Bounce):
        found = to_bounce(row, {"1": State("1", "user unknown", "recipient")})
    elif isinstance(row, Message):
        found = to_delivery(row, row.arrived_at)
    elif isinstance(row, HistoryEvent):
        found = to_engagement(_SOMEBODY, row)
    if found:
        yield found


def _send_on(event: Event, row: Any) -> None:
    """An event as a record, over a pipe, to the destination and into a call that Segment keeps."""
    surroundings = Surroundings(
        campaigns={event.campaign_id: Campaign(event.campaign_id, "Hello", None, None)} if event.campaign_id else {},
        agents={event.agent_id: Agent(event.agent_id, "Firefox", None, False, None)} if event.agent_id else {},
    )
    record = to_row(event, surroundings, blank_of(event.kind, "Unsubscribed", READ_AT), "contact_property")
    line = json.dumps({"type": "RECORD", "record": {"stream": event.kind.stream, "data": record}}).encode()
    _, stream, received = parse_record(parse_airbyte_message(line), line)
    with suppress(Rejected):
        sent = json.loads(_require_kept(SEGMENT_ROWS(stream, received)))
        assert sent["messageId"].startswith(f"{event.id}-")
        assert parse_instant(sent["timestamp"]).timestamp() == event.at
    packed = pack({digest(event.id): event.at})
    assert unpack(packed) == {digest(event.id): event.at}


def _require_kept(call: bytes) -> bytes:
    """Nothing leaves that Segment would take and drop."""
    assert drop_reason(json.loads(call)) is None
    return call


def judge_failure(data: bytes) -> None:
    """An answer of any status and `Retry-After`, of Mailjet and of Segment: `429 120`, a line's end, the body."""
    head, _, body = data.partition(b"\n")
    status, _, wait = head.decode("latin-1").partition(" ")
    if not (status.isascii() and status.isdigit() and len(status) == 3):
        return
    headers = CaseInsensitiveDict({"Retry-After": wait, "X-RateLimit-Reset": wait, "Content-Type": "application/json"})
    of_mailjet = judge(int(status), headers, body, "message/1", ORIGIN, NOW.timestamp(), parse_message)
    assert isinstance(of_mailjet, (Answer, Missing, Again, Refused))
    if isinstance(of_mailjet, Again) and of_mailjet.wait_s is not None:
        assert of_mailjet.wait_s >= 0
        assert math.isfinite(of_mailjet.wait_s)
    for dated in ({}, {"Date": wait}):
        of_segment = to_outcome(int(status), CaseInsensitiveDict({**headers, **dated}), body, ORIGIN, NOW.timestamp())
        if isinstance(of_segment, TryLater) and of_segment.wait_s is not None:
            assert of_segment.wait_s >= 0
            assert math.isfinite(of_segment.wait_s)


def read_source_state(data: bytes) -> None:
    """A stream's state, as every stream's."""
    written = _parse_object(data)
    if written is None:
        return
    for stream in STREAM_NAMES:
        feeds = feeds_of(stream)
        with suppress(ConfigurationError):
            states = parse_stream_state(stream, written, feeds, KEY_DIGEST)
            again = json.loads(json.dumps(format_state(states, KEY_DIGEST)))
            assert parse_stream_state(stream, again, feeds, KEY_DIGEST) == states
            for state in states.values():
                missing = state.windows.missing(1_767_225_600, 1_769_904_000, 3600)
                assert all(1_767_225_600 <= since < until <= 1_769_904_000 for since, until in missing)
                for span in missing:
                    state = state.uncover(missing).cover([span], 3600)
                assert replace(state).to_json()


def read_source_config(data: bytes) -> None:
    """A configuration of the source."""
    given = _parse_object(data)
    if given is None:
        return
    warn_of_unknown_fields(source_config.load_schema(), given, _SILENT)
    with suppress(ConfigurationError, ConfigurationError):
        config = source_config.parse_config(given)
        assert config.api_url.startswith(("https://", "http://"))
        assert 0 <= config.start < (config.end or math.inf)
        assert config.api_key_digest
        refuse_future_start(config, int(NOW.timestamp()))


def read_destination_config(data: bytes) -> None:
    """A configuration of the destination and, under `catalog`, what it is to write."""
    given = _parse_object(data)
    if given is None:
        return
    with suppress(ConfigurationError):
        parse_catalog(given.get("catalog"))
    with suppress(ConfigurationError):
        config = destination_config.parse_config(given)
        assert WRITE_KEY or config.write_key
        encode = encoder(config)
        with suppress(Rejected, Deleted):
            encode("a", {"id": "1"})


SEGMENT_ROWS_CONFIG: Mapping[str, Any] = {"write_key": WRITE_KEY}
MAPPED_CONFIG: Mapping[str, Any] = {
    "write_key": WRITE_KEY,
    "records": {
        "shape": "mapped",
        "event_name": "{stream} Changed",
        "user_id": "user_id",
        "anonymous_id": "anonymous_id",
        "timestamp": "timestamp",
        "message_id": ["id", "part"],
    },
}
UNKEYED_CONFIG: Mapping[str, Any] = {
    "write_key": WRITE_KEY,
    "records": {"shape": "mapped", "event_name": "Changed", "anonymous_id": "user_id", "timestamp": "timestamp"},
}
CONFIGS = [destination_config.parse_config(config) for config in (SEGMENT_ROWS_CONFIG, MAPPED_CONFIG, UNKEYED_CONFIG)]
ENCODERS = [encoder(config) for config in CONFIGS]
SEGMENT_ROWS = ENCODERS[0]


def encode_record(data: bytes) -> None:
    """A record in each shape: what leaves is within Segment's limits and is the same when it is sent again."""
    line = b'{"type":"RECORD","record":{"stream":"orders","data":%s}}' % data.replace(b"\n", b" ")
    try:
        namespace, stream, record = parse_record(parse_airbyte_message(line), line)
    except NotAMessage:
        return
    for encode in ENCODERS:
        with suppress(Rejected, Deleted):
            call = encode(stream, record, namespace)
            sent = parse_exactly(_require_kept(call))
            assert encode(stream, parse_exactly(write_exactly(record)), namespace) == call
            assert repr(sent["properties"]) == repr({name: record[name] for name in sent["properties"]})
            assert 9 < len(sent["messageId"]) < 100
            assert (sent.get("userId") or sent.get("anonymousId") or "").strip()
    with suppress(RowError):
        row_call = parse_row(record, LIBRARY)
        again = parse_row(_as_row(row_call), LIBRARY)
        for name in ("messageId", "timestamp", "userId", "anonymousId"):
            assert again.get(name) == row_call.get(name)


def _as_row(call: Mapping[str, Any]) -> dict[str, Any]:
    who = Person(call.get("userId"), call.get("anonymousId"))
    return begin_row(blank_row(call["event"], READ_AT, {}), call["messageId"], call["timestamp"], who)


def take_input(data: bytes) -> None:
    """The destination's standard input, in each shape: batches within the limits, states whole and in order."""
    data = data[:MOST_BYTES]
    for config in CONFIGS:
        for skips in (False, True):
            packer, states = Packer(lambda: 0.0), States()
            intake = Intake(
                frozenset({"a", "tracks"}),
                encoder(config),
                packer,
                states,
                Tally(_SILENT),
                leaves_out=partial(leaves_out, config),
                skips=skips,
            )
            batches: list[Batch | None] = []
            held: list[Any] = []
            with suppress(InputRefused):
                for line, is_whole in _lines(data):
                    before = states.waiting
                    batches.append(intake.take(line, is_whole=is_whole))
                    if states.waiting > before:
                        held.append(json.loads(line))
            batches.append(packer.seal())
            _require_packed([batch for batch in batches if batch], packer.position)
            _require_whole([json.loads(line) for line in states.release(packer.position)], held)


def _lines(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """The lines as the connector reads them, and at last what has no end."""
    read_end, write_end = os.pipe()
    try:
        os.write(write_end, data)
        os.close(write_end)
        reader = LineReader(read_end)
        while not reader.ended:
            for line in reader.read():
                yield line, True
        yield reader.unfinished(), False
    finally:
        os.close(read_end)


def _require_packed(batches: Sequence[Batch], position: int) -> None:
    assert [batch.start for batch in batches] + [position] == [0, *(batch.stop for batch in batches)]
    for batch in batches:
        count = len(batch.ends)
        body = bytes(batch.body(0, count))
        assert len(body) <= MAX_BATCH_BYTES
        assert 1 <= count <= MAX_BATCH_CALLS
        for number, sent in zip(range(count), json.loads(body)["batch"], strict=True):
            assert repr(sent) == repr(json.loads(batch.call(number)))
            assert drop_reason(sent) is None


def _require_whole(echoed: Sequence[Any], held: Sequence[Any]) -> None:
    """Each state comes back as it came in, with a count added."""
    for echo, given in zip(echoed, held, strict=True):
        assert echo["state"]["destinationStats"].pop("recordCount") >= 0
        stats = given["state"].get("destinationStats")
        stats = stats if isinstance(stats, dict) else {}
        given["state"]["destinationStats"] = {name: value for name, value in stats.items() if name != "recordCount"}
        assert repr(echo) == repr(given)


def read_instant(data: bytes) -> None:
    """A text as a point in time."""
    try:
        instant = parse_instant(data.decode("utf-8", "replace"))
    except ValueError:
        return
    assert parse_instant(format_instant(instant)) == instant


def _parse_object(data: bytes) -> dict[str, Any] | None:
    """The JSON object in a file of the platform's; others than objects are refused where the file is read."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


TARGETS: Mapping[str, Target] = {
    "mailjet_answers": Target(read_mailjet_answer, 10_000),
    "failures": Target(judge_failure, 50_000),
    "source_state": Target(read_source_state, 5_000),
    "source_config": Target(read_source_config, 3_000),
    "destination_config": Target(read_destination_config, 3_000),
    "destination_input": Target(take_input, 5_000),
    "records": Target(encode_record, 15_000),
    "instants": Target(read_instant, 100_000),
}
