"""The source reads a collector: each event once, however the start moves; every answer has its sentence."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from airbyte_cdk.models import AirbyteStateMessage
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from program.failure import ConfigurationError, FieldError
from source_mailjet_segment.config import parse_collector_url
from source_mailjet_segment.from_collector.states import format_state, parse_stretches
from source_mailjet_segment.from_collector.stretches import Stretch, fit, joined
from source_mailjet_segment.source import SourceMailjetSegment
from unit_tests.conftest import IMPATIENT, Synced, configure_catalog

KEY, SECRET = "a-key-of-the-account", "a-secret-of-the-account"
OPENED, TRACKS = "email_opened", "tracks"
Answer = tuple[int, dict[str, str], bytes]


def day(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00Z"


@dataclass
class Shelf:
    """A collector's rows in order of position, served by HTTP as its contract says; `answers` come first."""

    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    page_rows: int = 1_000
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def add(self, stream: str, at: str, **columns: Any) -> str:
        event_id = f"mailjet-{stream}-{len(self.rows)}"
        row = {"id": event_id, "event_text": "X", "anonymous_id": "a", "timestamp": at, "email_id": "7", **columns}
        self.rows.append((stream, row))
        return event_id

    def answer(self, query: dict[str, str], credentials: str) -> Answer:
        self.asked.append(query)
        if self.answers:
            return self.answers.pop(0)
        if credentials != f"{KEY}:{SECRET}":
            return 401, {}, b"no"
        store, _, position = query.get("after", "shelf:0").partition(":")
        first = int(position)
        if store != "shelf" or first > len(self.rows):
            return 400, {}, b"another store"
        last = min(first + min(int(query["limit"]), self.page_rows), len(self.rows))
        found = [
            {"stream": stream, "row": row}
            for stream, row in self.rows[first:last]
            if query.get("stream", stream) == stream
        ]
        return 200, {}, json.dumps({"rows": found, "after": f"shelf:{last}", "more": last < len(self.rows)}).encode()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    kept = Shelf()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            credentials = base64.b64decode(self.headers.get("Authorization", "")[6:]).decode()
            status, headers, body = kept.answer(dict(parse_qsl(parts.query)), credentials)
            if parts.path != "/events/main":
                status, headers, body = 404, {}, b""
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}/events/main"
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def configuration(shelf: Shelf, start: str = day(1), **fields: Any) -> dict[str, Any]:
    way = {"via": "collector", "url": shelf.url}
    return {"api_key": KEY, "api_key_secret": SECRET, "start_date": start, "events_from": way, **fields}


def sync(
    shelf: Shelf,
    state: Sequence[AirbyteStateMessage] = (),
    streams: Sequence[str] = (OPENED,),
    start: str = day(1),
    full_refresh: Sequence[str] = (),
    stop_after: int | None = None,
    **fields: Any,
) -> Synced:
    """A sync, ended after so many messages as a crash would."""
    synced = Synced()
    messages = SourceMailjetSegment(IMPATIENT).read(
        logging.getLogger("airbyte"),
        configuration(shelf, start, **fields),
        configure_catalog(streams, full_refresh),
        list(state),
    )
    try:
        for number, message in enumerate(messages):
            if number == stop_after:
                break
            synced.add(message)
    except AirbyteTracedException as error:
        synced.failed = str(error)
    return synced


def test_each_stream_gets_its_rows_and_tracks_the_common_columns_of_all(shelf: Shelf) -> None:
    opened = shelf.add(OPENED, day(2), payload="p")
    bounced = shelf.add("email_bounced", day(3))
    shelf.add("email_blocked", day(4))
    synced = sync(shelf, streams=[OPENED, "email_bounced", "email_delivered", TRACKS])
    assert synced.failed is None
    assert {name: synced.ids(name) for name in synced.records if synced.records[name]} == {
        OPENED: [opened],
        "email_bounced": [bounced],
        TRACKS: [opened, bounced],
    }
    assert synced.records[OPENED][0]["payload"] == "p"
    assert "payload" not in synced.records[TRACKS][0]
    assert synced.statuses == dict.fromkeys([OPENED, "email_bounced", "email_delivered", TRACKS], "COMPLETE")


def test_the_next_sync_reads_from_its_position_on(shelf: Shelf) -> None:
    shelf.page_rows = 3
    ids = [shelf.add(OPENED, day(2)) for _ in range(8)]
    first = sync(shelf)
    shelf.asked.clear()
    late = shelf.add(OPENED, day(1))
    second = sync(shelf, first.state)
    third = sync(shelf, second.state)
    assert (first.ids(OPENED), second.ids(OPENED), third.ids(OPENED)) == (ids, [late], [])
    assert [query.get("after") for query in shelf.asked] == ["shelf:8", "shelf:9"]


def test_a_sync_that_ends_anywhere_goes_on_without_a_loss_or_a_repeat_of_what_its_state_covers(shelf: Shelf) -> None:
    shelf.page_rows = 2
    ids = [shelf.add(OPENED, day(2)) for _ in range(7)]
    for stop_after in range(20):
        cut_off = sync(shelf, stop_after=stop_after)
        resumed = sync(shelf, cut_off.state)
        assert set(cut_off.ids(OPENED)) | set(resumed.ids(OPENED)) == set(ids)
        repeated = set(cut_off.ids(OPENED)) & set(resumed.ids(OPENED))
        assert len(repeated) <= shelf.page_rows


def test_a_start_that_moves_back_brings_only_what_was_passed_over(shelf: Shelf) -> None:
    old, new = shelf.add(OPENED, day(2)), shelf.add(OPENED, day(6))
    first = sync(shelf, start=day(5))
    old_late, new_late = shelf.add(OPENED, day(3)), shelf.add(OPENED, day(7))
    second = sync(shelf, first.state, start=day(1))
    third = sync(shelf, second.state, start=day(1))
    assert first.ids(OPENED) == [new]
    assert sorted(second.ids(OPENED)) == sorted([old, old_late, new_late])
    assert third.ids(OPENED) == []


def test_a_start_that_moves_on_and_back_again_repeats_nothing(shelf: Shelf) -> None:
    shelf.add(OPENED, day(2))
    first = sync(shelf, start=day(1))
    passed_over = shelf.add(OPENED, day(3))
    second = sync(shelf, first.state, start=day(5))
    third = sync(shelf, second.state, start=day(1))
    assert (len(first.ids(OPENED)), second.ids(OPENED), third.ids(OPENED)) == (1, [], [passed_over])


def test_a_full_refresh_begins_at_the_first_position(shelf: Shelf) -> None:
    ids = [shelf.add(OPENED, day(2)) for _ in range(3)]
    state = sync(shelf).state
    assert sync(shelf, state, full_refresh=[OPENED]).ids(OPENED) == ids


SECONDS = st.integers(0, 12)
EVENTS = st.lists(SECONDS, max_size=8)


@given(st.lists(st.tuples(EVENTS, SECONDS), min_size=1, max_size=6))
def test_every_event_is_emitted_by_the_first_sync_that_may_and_never_again(syncs: list[tuple[list[int], int]]) -> None:
    """A model: positions are indexes of a list that grows before each sync, and each sync has a start of its own."""
    rows: list[int] = []
    emitted: list[int] = []
    state: dict[str, Any] = {}
    for events, start in syncs:
        rows += events
        stretches = fit(parse_stretches(OPENED, state, "0" * 8), start)
        for number, stretch in enumerate(stretches):
            if stretch.since >= start:
                first = int(stretch.after or 0)
                emitted += [place for place in range(first, len(rows)) if stretch.holds(rows[place])]
                stretches[number] = stretch._replace(after=str(len(rows)))
        state = format_state(joined(stretches), "0" * 8)
        assert len(emitted) == len(set(emitted))
        assert {place for place, second in enumerate(rows) if second >= start} <= set(emitted)


def test_stretches_that_were_read_equally_far_become_one() -> None:
    assert joined([Stretch(1, 5, "a"), Stretch(5, 9, "a"), Stretch(9, None, "b")]) == [
        Stretch(1, 9, "a"),
        Stretch(9, None, "b"),
    ]


REST_STATE = {"version": 1, "api_key_sha256": "x", "feeds": {}}


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda state: REST_STATE, "was made by reading Mailjet itself"),
        (lambda state: {**state, "api_key_sha256": "0" * 8}, "belongs to another Mailjet API key"),
        (lambda state: {**state, "version": 9}, "is of another release"),
        (lambda state: {**state, "after": 7}, "is damaged"),
        (lambda state: {**state, "start_date": "soon"}, "is damaged"),
        (lambda state: {**state, "earlier": [{"start_date": day(1), "end_date": day(3), "after": None}]}, "is damaged"),
    ],
    ids=["of REST", "of another key", "of a later release", "no position", "no date", "a gap"],
)
def test_a_state_that_cannot_be_gone_on_from_is_refused(
    change: Callable[[dict[str, Any]], dict[str, Any]], sentence: str
) -> None:
    written = format_state([Stretch(1_772_323_200 + 86_400, None, "shelf:1")], "1" * 8)
    with pytest.raises(ConfigurationError, match=sentence):
        parse_stretches(OPENED, change(written), "1" * 8)


def test_a_state_of_a_collector_is_refused_by_rest(shelf: Shelf) -> None:
    state = sync(shelf).state
    with pytest.raises(AirbyteTracedException, match="was made by reading a collector"):
        list(
            SourceMailjetSegment(IMPATIENT).read(
                logging.getLogger("airbyte"),
                {"api_key": KEY, "api_key_secret": SECRET, "start_date": day(1)},
                configure_catalog([OPENED]),
                state,
            )
        )


GONE: Answer = (410, {}, b"gone")
PAGE = {"rows": [], "after": "shelf:0", "more": False}


@pytest.mark.parametrize(
    "answer, sentence",
    [
        ((401, {}, b""), "refuses the keys"),
        ((404, {}, b""), "No collector answers at"),
        ((307, {"Location": "https://elsewhere.example.com/"}, b""), "answers with a redirect, which is not followed"),
        (GONE, "has deleted events that were not read yet"),
    ],
    ids=["401", "404", "307", "410"],
)
def test_an_answer_that_no_further_try_mends_is_told_at_once(shelf: Shelf, answer: Answer, sentence: str) -> None:
    shelf.answers = [answer]
    synced = sync(shelf)
    assert sentence in (synced.failed or "")
    assert (len(shelf.asked), synced.statuses) == (1, {OPENED: "INCOMPLETE"})


def test_a_position_of_another_store_is_told(shelf: Shelf) -> None:
    shelf.add(OPENED, day(2))
    state = sync(shelf).state
    shelf.rows.clear()
    assert "does not know the position in the state" in (sync(shelf, state).failed or "")


def test_a_lost_position_of_one_stream_leaves_the_others_to_be_read(shelf: Shelf) -> None:
    ids = [shelf.add(OPENED, day(2)), shelf.add("email_bounced", day(2))]
    shelf.answers = [GONE]
    synced = sync(shelf, streams=[OPENED, "email_bounced"])
    assert synced.ids("email_bounced") == ids[1:]
    assert synced.statuses == {OPENED: "INCOMPLETE", "email_bounced": "COMPLETE"}
    assert "has deleted events" in (synced.failed or "")


@pytest.mark.parametrize(
    "answer",
    [
        (503, {"Retry-After": "0"}, b""),
        (500, {}, b"oops"),
        (429, {}, b""),
        (200, {}, b"<html>a proxy</html>"),
        (200, {}, b"[]"),
        (200, {}, json.dumps({**PAGE, "more": "yes"}).encode()),
        (200, {}, json.dumps({**PAGE, "rows": [{"stream": OPENED, "row": {"id": "x"}}]}).encode()),
    ],
    ids=["503", "500", "429", "no JSON", "another JSON", "no boolean", "a row without a time"],
)
def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_told(shelf: Shelf, answer: Answer) -> None:
    opened = shelf.add(OPENED, day(2))
    shelf.answers = [answer]
    assert sync(shelf).ids(OPENED) == [opened]
    shelf.answers = [answer] * 10_000
    synced = sync(shelf, streams=[OPENED, TRACKS])
    assert "check that it runs and can be reached" in (synced.failed or "")
    assert synced.statuses == {OPENED: "INCOMPLETE", TRACKS: "INCOMPLETE"}


def test_the_first_failure_of_a_request_is_logged_once(shelf: Shelf, log_lines: list[str]) -> None:
    shelf.add(OPENED, day(2))
    shelf.answers = [(503, {"Retry-After": "0"}, b"")] * 3
    sync(shelf)
    said = [line for line in log_lines if "trying again" in line]
    assert said == [f"The collector at {shelf.url} answered 503: trying again in 0.0 s; more of this is not logged."]


def test_a_collector_that_cannot_be_reached_is_told(shelf: Shelf) -> None:
    gone = Shelf(url="http://127.0.0.1:9/events/main")
    assert "could not be reached" in (sync(gone).failed or "")


def test_the_same_page_for_ever_is_an_error(shelf: Shelf) -> None:
    shelf.answers = [(200, {}, json.dumps({**PAGE, "more": True}).encode())] * 2
    assert "the same page again" in (sync(shelf).failed or "")


def check(config: dict[str, Any]) -> tuple[bool, Any]:
    return SourceMailjetSegment().check_connection(logging.getLogger("airbyte"), config)


def test_check_reads_one_event(shelf: Shelf) -> None:
    assert check(configuration(shelf)) == (True, None)
    assert shelf.asked == [{"limit": "1"}]
    succeeded, sentence = check({**configuration(shelf), "api_key": "another"})
    assert not succeeded
    assert "refuses the keys" in sentence
    assert not check(configuration(shelf, start="2099-01-01T00:00:00Z"))[0]


def test_fields_without_effect_are_named_once(shelf: Shelf, log_lines: list[str]) -> None:
    sync(shelf, streams=[OPENED, TRACKS], lookback_minutes=7, api_url="https://api.us.mailjet.com")
    assert [line for line in log_lines if "no effect" in line] == [
        "Events come from a collector, so these fields have no effect: api_url, lookback_minutes."
    ]


def url(text: str, **fields: Any) -> str | None:
    way = {"via": "collector", "url": text}
    return parse_collector_url(
        {"api_key": KEY, "api_key_secret": SECRET, "start_date": day(1), "events_from": way, **fields}
    )


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("https://c.example.com/events/main", "https://c.example.com/events/main"),
        ("https://c.example.com:8443/a/b/events/main/", "https://c.example.com:8443/a/b/events/main"),
        ("http://localhost:8080/events/main", "http://localhost:8080/events/main"),
        ("http://host.docker.internal:8080/events/a-1", "http://host.docker.internal:8080/events/a-1"),
    ],
)
def test_addresses_of_collectors(text: str, parsed: str) -> None:
    assert url(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "http://c.example.com/events/main",
        "https://user:secret@c.example.com/events/main",
        "https://c.example.com/events/main?after=1",
        "https://c.example.com/events/",
        "https://c.example.com/",
        "https://c.example.com/events/Main",
        "ftp://c.example.com/events/main",
        "https://c.example.com/events/main\n",
    ],
)
def test_addresses_that_keys_may_not_be_sent_to(text: str) -> None:
    with pytest.raises(FieldError, match=r"events_from\.url"):
        url(text)


def test_an_end_date_cannot_go_with_a_collector() -> None:
    with pytest.raises(FieldError, match="end_date"):
        url("https://c.example.com/events/main", end_date=day(9))


def test_rest_is_the_default() -> None:
    fields = {"api_key": KEY, "api_key_secret": SECRET, "start_date": day(1)}
    assert parse_collector_url(fields) is None
    assert parse_collector_url({**fields, "events_from": {"via": "rest"}}) is None
