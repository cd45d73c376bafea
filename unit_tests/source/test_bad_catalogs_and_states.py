# ruff: noqa: RUF001 - digits that look like others are what is tested
"""Catalogs and states that nobody should give, but somebody will: a sentence, or the right sync; nothing in silence."""

from __future__ import annotations

import copy
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
)

from mailjet_reading.feeds.feeds import FEEDS
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from program.failure import ConfigurationError
from source_mailjet_segment.config import parse_config
from source_mailjet_segment.files import read_catalog_file, read_config_file, read_state_file
from source_mailjet_segment.selection import read_states
from source_mailjet_segment.source import SourceMailjetSegment
from source_mailjet_segment.trace import TracedFailure

LOGGER = logging.getLogger("airbyte")
TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
STREAMS = ["email_opened", "email_unsubscribed"]
MANY = Rates(late=0.05, unsubscribed=0.05, spam=0.03, bounced=0.05)
CONFIG = {"api_key": "abcdef0123456789", "api_key_secret": "9876543210fedcba", "start_date": "2025-01-01T00:00:00Z"}
DELETED = object()


def catalog(**fields: Any) -> dict[str, Any]:
    """A configured catalog of one stream, with these fields changed."""
    stream: dict[str, Any] = {
        "name": "email_opened",
        "json_schema": {},
        "supported_sync_modes": ["full_refresh", "incremental"],
    }
    entry = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append", **fields}
    return {"streams": [entry]}


def read_error(catalog: dict[str, Any], state: Sequence[dict[str, Any]] = ()) -> str:
    """The sentence that a read is refused with, before anything is asked of Mailjet."""
    given = [AirbyteStateMessageSerializer.load(one) for one in state]
    messages = SourceMailjetSegment().read(LOGGER, CONFIG, ConfiguredAirbyteCatalogSerializer.load(catalog), given)
    with pytest.raises(TracedFailure) as raised:
        list(messages)
    assert raised.value.failure_type is FailureType.config_error
    return one_sentence(raised.value)


def one_sentence(error: Exception) -> str:
    sentence = str(error)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ". " not in sentence
    return sentence


NO_STREAMS: list[Any] = [None, {}, [], {"name": None}, {"name": 7}, {"name": ["email_opened"]}]
NO_CATALOGS: list[Any] = [
    *(None, 7, "text", [], {}, {"streams": None}, {"streams": {}}, {"streams": "email_opened"}, {"streams": [None]}),
    *({"streams": [{}]}, {"streams": ["email_opened"]}, {"streams": [{"stream": "email_opened"}]}),
    *(catalog(stream=stream) for stream in NO_STREAMS),
    *(catalog(destination_sync_mode=mode) for mode in (None, "", "APPEND", "nowhere", 7)),
]


@pytest.mark.parametrize("content", NO_CATALOGS)
def test_what_is_no_configured_catalog_is_said_to_be_none(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ConfigurationError, match="--catalog is not a configured catalog: it needs 'streams'") as raised:
        read_catalog_file(written(tmp_path, content))
    one_sentence(raised.value)


@pytest.mark.parametrize("mode", [None, "", "INCREMENTAL", " incremental", "upsert", 7, True, ["incremental"]])
def test_a_sync_mode_that_is_not_known_is_named_with_its_stream(tmp_path: Path, mode: Any) -> None:
    with pytest.raises(ConfigurationError, match="'email_opened' of the catalog has no known 'sync_mode'") as raised:
        read_catalog_file(written(tmp_path, catalog(sync_mode=mode)))
    one_sentence(raised.value)


def test_a_stream_that_is_selected_twice_is_refused() -> None:
    streams = [*catalog()["streams"], *catalog(sync_mode="full_refresh")["streams"]]
    assert "'email_opened' is in the catalog more than once" in read_error({"streams": streams})


def test_an_empty_catalog_reads_nothing_and_says_so(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=51, messages=20) as sandbox:
        assert read(sandbox, streams=[]).count == 0
        assert sandbox.request_count == 0
    assert any("selects no stream" in line for line in log_lines)


def test_another_cursor_or_key_has_no_effect_and_a_warning_says_so(log_lines: list[str]) -> None:
    with Sandbox(seed=52, messages=60) as sandbox:
        config: dict[str, Any] = {**CONFIG, "api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret}
        config |= {"api_url": sandbox.mailjet_url, "max_requests_per_second": 10_000}
        counts = []
        for fields in ({}, {"cursor_field": ["received_at"], "primary_key": [["email_id"]]}):
            asked = ConfiguredAirbyteCatalogSerializer.load(catalog(**fields))
            counts.append(sum(one.type.value == "RECORD" for one in SourceMailjetSegment().read(LOGGER, config, asked)))
    assert counts[0] == counts[1] > 0
    assert sum("cursor of stream 'email_opened' is 'timestamp', whatever" in line for line in log_lines) == 1
    assert sum("primary key of stream 'email_opened' is 'id', whatever" in line for line in log_lines) == 1


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is empty: the command"),
        (" ", "is empty: the command"),
        ('{"type": "LOG"}\n{"type": "STATE"}\n', "holds several messages, one a line: make one of them"),
        ("{", r"is not JSON \(line 1, column 2\): mend it"),
        ("{'a': 1}", r"is not JSON \(line 1, column 2\): mend it"),
        ("[" * 100_000, "is not JSON: mend it"),
        ('{"api_key": "' + "x" * 20, r"is not JSON \(line 1, column 13\): mend it"),
        ("[1" + "0" * 5_000 + "]", "is not JSON: mend it"),
    ],
)
@pytest.mark.parametrize("read_file", [read_config_file, read_catalog_file, read_state_file])
def test_a_file_that_is_not_json_is_a_sentence_that_quotes_none_of_it(
    tmp_path: Path, read_file: Callable[[str], object], text: str, words: str
) -> None:
    path = tmp_path / "given.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=words) as raised:
        read_file(str(path))
    one_sentence(raised.value)


def test_a_byte_order_mark_is_read_past(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_text('\ufeff{"api_key": "é"}', "utf-8")
    assert read_config_file(str(path)) == {"api_key": "é"}
    path.write_text("\ufeff[]", "utf-8")
    assert read_state_file(str(path)) == []


@contextmanager
def user_who_may_not_read_all() -> Iterator[int]:
    """Who reads meanwhile: whoever runs this, but for root, who may read every file."""
    before = os.geteuid()
    os.seteuid(before or 65_534)
    try:
        yield os.geteuid()
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("read_file", [read_config_file, read_catalog_file, read_state_file])
def test_a_file_that_another_user_owns_is_to_be_let_read(tmp_path: Path, read_file: Callable[[str], object]) -> None:
    path = tmp_path / "given.json"
    path.write_text("{}", "utf-8")
    path.chmod(0)
    with user_who_may_not_read_all() as user, pytest.raises(ConfigurationError) as raised:
        read_file(str(path))
    told = f"(Permission denied): let user {user}, as whom this runs, read it (chown or chmod), or run this as"
    assert told in str(raised.value)
    one_sentence(raised.value)


def test_a_file_that_is_not_there_or_not_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"api_key": "\xe9"}')
    for path, words in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "directory"),
        (tmp_path / "latin", "not in UTF-8"),
    ):
        for read_file in (read_config_file, read_catalog_file, read_state_file):
            with pytest.raises(ConfigurationError, match=words) as raised:
                read_file(str(path))
            one_sentence(raised.value)


@pytest.mark.parametrize("content", [None, 7, "text", True, [], [{}]])
def test_a_file_with_another_kind_of_json_is_no_configuration(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a JSON object"):
        read_config_file(written(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        *("", "text", 0, 7, True, {"email_opened": {"cursor": "2025"}}, {"type": "STREAM"}, [None], [7], ["x"], [[]]),
        *([{"type": "STATE", "state": {"type": "STREAM"}}], [{"type": "STREAM", "stream": {}}]),
        *([{"type": "STREAM", "stream": {"stream_descriptor": "email_opened"}}], [{"type": "stream"}]),
    ],
)
def test_a_file_that_is_no_list_of_states_is_a_sentence(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ConfigurationError, match="--state is not a list of states") as raised:
        read_state_file(written(tmp_path, content))
    one_sentence(raised.value)


@pytest.mark.parametrize("content", [None, {}, []])
def test_no_state_is_a_first_sync(tmp_path: Path, content: Any) -> None:
    assert read_state_file(written(tmp_path, content)) == []


def written(folder: Path, content: Any) -> str:
    path = folder / "given.json"
    path.write_text(json.dumps(content), "utf-8")
    return str(path)


def stream_state(content: Any, name: str = "email_opened", **more: Any) -> dict[str, Any]:
    return {"type": "STREAM", "stream": {"stream_descriptor": {"name": name, **more}, "stream_state": content}}


DIGEST = parse_config(CONFIG).api_key_digest
OURS = {"version": 1, "api_key_sha256": DIGEST, "feeds": {"opens": {}}}


@pytest.mark.parametrize(
    "state, words",
    [
        ([stream_state({"cursor": "2025-01-01"})], "was not written by this connector"),
        ([stream_state({"slices": [], "state_type": "date-range"})], "was not written by this connector"),
        ([stream_state({**OURS, "version": 0})], "has version 0, and this release reads versions 1 to 2"),
        ([stream_state({**OURS, "version": 3})], "has version 3, and this release reads versions 1 to 2"),
        ([stream_state({**OURS, "version": "1"})], "was not written by this connector"),
        ([stream_state({**OURS, "api_key_sha256": "00000000"})], "belongs to another Mailjet API key"),
        ([stream_state({**OURS, "api_key_sha256": None})], "belongs to another Mailjet API key"),
        ([stream_state(OURS)], "is damaged"),
        ([stream_state({"version": 1}, "events")], "'events', which this source does not have"),
        ([{"type": "LEGACY", "data": {"email_opened": {}}}], "not one of single streams"),
        ([{"data": {"email_opened": {}}}], "not one of single streams"),
        ([{"type": "STREAM"}], "not one of single streams"),
        ([{"type": "GLOBAL"}], "not one of single streams"),
        ([{"type": "GLOBAL", "global": {"shared_state": {"x": 1}, "stream_states": []}}], "not one of single streams"),
        ([{"type": "GLOBAL", "global": {"stream_states": [stream_state(OURS)["stream"]]}}], "is damaged"),
    ],
)
def test_a_state_that_cannot_be_gone_on_from_is_refused_in_a_sentence(state: list[dict[str, Any]], words: str) -> None:
    assert words in read_error(catalog(), state)


def test_a_state_of_the_future_is_refused_since_nothing_would_ever_be_read() -> None:
    feed = {"read_until": "2162-01-01T00:00:00Z", "recent_since": "2162-01-01T00:00:00Z"}
    feeds = {"opens": {**feed, "covered": [["2025-01-01T00:00:00Z", "2162-01-01T00:00:00Z"]]}}
    assert "read up to 2162-01-01, which lies in the future" in read_error(
        catalog(), [stream_state({**OURS, "feeds": feeds})]
    )


def test_states_of_streams_that_are_not_selected_or_not_known_are_left_aside(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=53, messages=120) as sandbox:
        first = read(sandbox)
        damaged = AirbyteStateMessageSerializer.load(stream_state({"version": 99}, "email_bounced"))
        newer = AirbyteStateMessageSerializer.load(stream_state({"version": 99}, "email_forwarded"))
        kept = [one for name, one in first.states.items() if name != "email_bounced"]
        again = read(sandbox, [*kept, damaged, newer], streams=["email_opened"])
        assert (again.failed, again.count, set(again.states)) == (None, 0, {"email_opened"})
        assert read(sandbox, first.state, streams=["email_bounced"]).count == 0
    assert sum("'email_forwarded', which this source does not have, is left aside" in line for line in log_lines) == 1


def test_the_last_of_several_states_of_a_stream_counts_whatever_its_namespace(read: Any) -> None:
    with Sandbox(seed=54, messages=200, days_ahead=2) as sandbox:
        first = read(sandbox, streams=["email_opened"])
        sandbox.now += timedelta(days=2)
        second = read(sandbox, first.state, streams=["email_opened"])
        written = AirbyteStateMessageSerializer.dump(second.states["email_opened"])
        written["stream"]["stream_descriptor"]["namespace"] = "mailjet"
        last = AirbyteStateMessageSerializer.load(written)
        assert second.count
        assert read(sandbox, [*first.state, last], streams=["email_opened"]).count == 0


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all fields and items inside a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in children:
        yield (*path, key)
        yield from places(inner, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def damaged(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """The JSON value with what is at `path` replaced, or taken away."""
    whole = copy.deepcopy(value)
    parent = at(whole, path[:-1])
    if wrong is DELETED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = wrong
    return whole


def damages(value: Any) -> list[Any]:
    """What a hand may make of a value."""
    wrong: list[Any] = [DELETED, None, 7, -1, 1.5, "", "x", True, False, [], ["x"], {}, {"x": 1}]
    if isinstance(value, str):
        wrong += [value[:-1], value[1:], f"{value}x", f" {value}", value.swapcase(), value.replace("2", "２")]
    if isinstance(value, list) and len(value) > 1:
        wrong.append(value[::-1])
    return [one for one in wrong if one != value or type(one) is not type(value)]


READ_AGAIN = {"covered", "is_watched", "seen", "seen_since", "looks", "starts", "recent", "recent_since", "pending"}
"""Fields of a feed whose loss is a loss of memory: what was read is read again."""
FORGOTTEN = {"memory", *(feed.name for feed in FEEDS)}
"""What is begun anew if all of it is lost: a later release may have added it."""


def test_a_state_with_any_field_damaged_is_refused_or_read_again_and_never_a_stack(read: Any) -> None:
    with Sandbox(seed=41, messages=120, rates=MANY) as sandbox:
        synced = read(sandbox, streams=["tracks"])
        config = parse_config({**CONFIG, "api_key": sandbox.api_key})
    whole = AirbyteStateMessageSerializer.dump(synced.states["tracks"])["stream"]["stream_state"]
    selected = ConfiguredAirbyteCatalogSerializer.load(catalog()).streams
    selected[0].stream.name = "tracks"

    def states_of(content: Any) -> object:
        message = AirbyteStateMessageSerializer.load(stream_state(content, "tracks"))
        return read_states(selected, [message], config, 2_000_000_000, LOGGER)

    right, tried = states_of(whole), 0
    said: list[str] = []
    for path in places(whole):
        for wrong in damages(at(whole, path)):
            tried += 1
            try:
                taken = states_of(damaged(whole, path, wrong))
            except ConfigurationError as error:
                said.append(one_sentence(error))
            else:
                assert taken == right or READ_AGAIN & set(path) or path[-1] in FORGOTTEN, (path, wrong)
    assert tried > 700
    assert len(said) > tried * 0.9
    assert not [sentence for sentence in said if "'tracks'" not in sentence]


@pytest.mark.parametrize("field", ["covered", "seen", "seen_since", "looks", "starts"])
@pytest.mark.parametrize("wrong", [DELETED, []], ids=["deleted", "emptied"])
def test_a_state_that_lost_some_of_its_memory_loses_no_event(
    read: Any, truth_of: TruthOf, field: str, wrong: Any
) -> None:
    with Sandbox(seed=55, messages=150, rates=MANY, days_ahead=2) as sandbox:
        first = read(sandbox, streams=STREAMS)
        sandbox.now += timedelta(days=2)
        states = [_without_memory(one, field, wrong) for one in first.state]
        second = read(sandbox, states, streams=STREAMS)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    if second.failed:
        assert "is damaged" in second.failed
        assert second.count == 0
        return
    for stream in STREAMS:
        assert set(truth[stream]) == set(first.ids(stream)) | set(second.ids(stream))


def _without_memory(state: AirbyteStateMessage, field: str, wrong: Any) -> AirbyteStateMessage:
    message = AirbyteStateMessageSerializer.dump(state)
    content = message["stream"]["stream_state"]
    for feed in content["feeds"].values():
        for members in (feed, feed.get("memory", {})):
            if field in members:
                members.pop(field)
                members |= {} if wrong is DELETED else {field: wrong}
    return AirbyteStateMessageSerializer.load(stream_state(content, message["stream"]["stream_descriptor"]["name"]))
