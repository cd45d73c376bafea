"""What a release has written, every later one reads: configurations, states, rows, and what others rely on.

Each folder beside this file is what one release has left (`record.py`); docs/upgrades.md says what may change.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import (
    AirbyteMessageSerializer,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
)
from jsonschema import Draft7Validator

from destination_segment.config import parse_config as parse_destination_config
from destination_segment.destination import DestinationSegment
from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.state import format_state, parse_stream_state
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant, parse_instant
from source_mailjet_segment.config import parse_config as parse_source_config
from source_mailjet_segment.source import SourceMailjetSegment
from unit_tests.conftest import SEGMENT_STREAMS

HERE = Path(__file__).parent
RELEASES = sorted(path.name for path in HERE.iterdir() if (path / "account.json").exists())
EDGE = timedelta(seconds=5)
"""What a sync leaves to the next one."""

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
Schema = Mapping[str, Any]
every_release = pytest.mark.parametrize("release", RELEASES)
every_state = pytest.mark.parametrize("point", ["complete", "interrupted"])


def load(release: str, name: str) -> Any:
    return json.loads((HERE / release / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def account(release: str) -> Iterator[Sandbox]:
    """The account that the release was recorded on."""
    recorded = load(release, "account")
    rates, _ = Rates(**recorded.pop("rates")), recorded.pop("fields")
    with Sandbox(**recorded, rates=rates) as sandbox:
        yield sandbox


def states(written: Mapping[str, Any]) -> list[AirbyteStateMessage]:
    return [AirbyteStateMessageSerializer.load(state) for state in written["state"]]


def test_every_version_of_the_changelog_has_left_a_fixture() -> None:
    changelog = (HERE.parents[1] / "CHANGELOG.md").read_text("utf-8")
    assert sorted(re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)) == RELEASES


@every_release
def test_the_configurations_of_a_release_are_still_accepted(release: str) -> None:
    for parse, connector in ((parse_source_config, "source"), (parse_destination_config, "destination")):
        for config in load(release, f"{connector}_configs"):
            parse(config)
            Draft7Validator(specified(connector)).validate(config)


@every_release
@pytest.mark.parametrize("connector", ["source", "destination"])
def test_the_configurations_of_a_release_cover_its_specification(release: str, connector: str) -> None:
    schema = load(release, f"{connector}_spec")["connectionSpecification"]
    minimal, *others = load(release, f"{connector}_configs")
    assert sorted(minimal) == sorted(schema["required"])
    used = {path for config in others for path in _used("", config)}
    assert {path for path, _ in fields(schema)} == used


def _used(path: str, config: Mapping[str, Any]) -> Iterator[str]:
    """The fields that a configuration sets, those of a choice with its name: `region[other].api_url`."""
    for name, value in config.items():
        yield f"{path}{name}"
        if isinstance(value, Mapping):
            chosen = next(iter(value.values()))
            yield from _used(f"{path}{name}[{chosen}].", value)


@every_release
@every_state
def test_the_fixture_remembers_all_that_a_state_can(release: str, point: str) -> None:
    written = load(release, point)
    named = {
        state["stream"]["stream_descriptor"]["name"]: state["stream"]["stream_state"] for state in written["state"]
    }
    assert sorted(named) == sorted(SEGMENT_STREAMS)
    feeds = named["tracks"]["feeds"]
    assert all(feed["covered"] for feed in feeds.values())
    assert feeds["messages"]["pending"]
    assert all(feeds["engagements"][name] for name in ("seen", "looks", "starts"))
    assert all("recent" in feeds[name] for name in ("messages", "opens", "clicks", "bounces"))
    ends = {feed["covered"][-1][-1] for feed in feeds.values()}
    assert len(ends) == (1 if point == "complete" else 2)  # an interrupted sync leaves a feed behind


@every_release
@every_state
@pytest.mark.parametrize(
    "later, earlier_start",
    [(timedelta(0), False), (timedelta(days=3), False), (timedelta(days=3), True)],
    ids=["at once", "days later", "with an earlier start"],
)
def test_a_sync_goes_on_from_the_state_of_a_release_with_exactly_what_is_new(
    release: str, point: str, later: timedelta, earlier_start: bool, account: Sandbox, read: Any, truth_of: TruthOf
) -> None:
    written, configured = load(release, point), load(release, "account")["fields"]
    start = account.start if earlier_start else parse_instant(configured["start_date"])
    account.now = parse_instant(written["now"])
    assert_recorded_on(account, written["emitted"])
    account.now += later
    synced = read(account, states(written), **{**configured, "start_date": format_instant(start)})
    assert (synced.failed, synced.errors) == (None, [])
    truth = truth_of(account.truth(since=start, until=account.now - EDGE))
    everything = {**truth, "tracks": {event_id: one for ids in truth.values() for event_id, one in ids.items()}}
    overwritten = {one.id for one in account.truth() if one.beyond_rest}
    # What was delivered late, but before the first sync saw it, is timed by its arrival.
    before_start = {one.id for one in truth["email_delivered"].values() if one.arrived_at < start}
    for stream, told in everything.items():
        before, new = written["emitted"][stream], synced.ids(stream)
        assert len(new) == len(set(new))
        assert not set(before) & set(new), stream
        assert set(told) - before_start <= set(before) | set(new), stream
        assert set(new) <= set(told), stream
        assert set(before) <= set(told) | overwritten, stream
    assert synced.count or (later, point) == (timedelta(0), "complete")


@every_release
@every_state
def test_nothing_that_a_state_remembers_is_lost_in_reading_it(release: str, point: str) -> None:
    for state in load(release, point)["state"]:
        stream, written = state["stream"]["stream_descriptor"]["name"], state["stream"]["stream_state"]
        digest = written["api_key_sha256"]
        again = format_state(parse_stream_state(stream, written, feeds_of(stream), digest), digest)
        assert again["feeds"].keys() == written["feeds"].keys()
        for name, feed in written["feeds"].items():
            read = _on_a_level(again["feeds"][name])
            assert {member: read.get(member) for member in feed} == feed
            assert read.keys() - feed.keys() <= {"waited"}, "what a state does not say is concluded from what it says"


def _on_a_level(feed: Mapping[str, Any]) -> dict[str, Any]:
    """A feed's members without the level that version 2 added."""
    return {**{name: member for name, member in feed.items() if name != "memory"}, **feed.get("memory", {})}


def assert_recorded_on(account: Sandbox, emitted: Mapping[str, Sequence[str]]) -> None:
    """The sandbox still makes the account that the release was recorded on."""
    happened = {one.id for one in account.truth()}
    assert set(emitted["tracks"]) <= happened, (
        "The sandbox makes another account from this seed than when the fixture was recorded: record it again with the "
        "release itself, as docs/upgrades.md tells."
    )


@every_release
def test_the_rows_of_a_release_become_the_same_calls(release: str, account: Sandbox) -> None:
    config = {"write_key": account.write_key, "region": {"location": "other", "api_url": account.segment_url}}
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    catalog = {"streams": [{"stream": stream, **modes} for stream in load(release, "catalog")["streams"]]}
    write(config, catalog, load(release, "records"))
    calls = load(release, "calls")
    for call in account.segment.calls:
        del call["context"]["library"]  # names the version that sent it
    sent = {call["messageId"]: call for call in account.segment.calls}
    assert sent == {call["messageId"]: call for call in calls}
    assert len(sent) == len(SEGMENT_STREAMS) - 1


@every_release
@pytest.mark.parametrize("connector", ["source", "destination"])
def test_the_form_still_takes_whatever_a_release_took(release: str, connector: str) -> None:
    old, new = load(release, f"{connector}_spec")["connectionSpecification"], specified(connector)
    assert set(new["required"]) <= set(old["required"])
    now = dict(fields(new))
    for path, field in fields(old):
        assert path in now, path
        for word in ("type", "default", "pattern", "const", "airbyte_secret"):
            assert now[path].get(word) == field.get(word), (path, word)
        assert set(now[path].get("enum", ())) >= set(field.get("enum", ())), path
        assert now[path].get("minimum", float("-inf")) <= field.get("minimum", float("-inf")), path
        assert now[path].get("maximum", float("inf")) >= field.get("maximum", float("inf")), path


@every_release
def test_no_stream_column_or_key_of_a_release_is_gone_or_other(release: str) -> None:
    now = {stream.name: stream.as_airbyte_stream() for stream in SourceMailjetSegment().streams({})}
    for old in load(release, "catalog")["streams"]:
        new = now[old["name"]]
        assert (new.source_defined_primary_key, new.default_cursor_field) == (
            old["source_defined_primary_key"],
            old["default_cursor_field"],
        )
        assert {mode.value for mode in new.supported_sync_modes} >= set(old["supported_sync_modes"])
        columns = new.json_schema["properties"]
        for name, column in old["json_schema"]["properties"].items():
            kept = ("type", "format", "airbyte_type")
            assert {word: columns[name].get(word) for word in kept} == {word: column.get(word) for word in kept}, name


def specified(connector: str) -> Schema:
    """The schema of a connector's configuration, as it is now."""
    logger = logging.getLogger("airbyte")
    schema: Schema = {
        "source": SourceMailjetSegment().spec(logger).connectionSpecification,
        "destination": DestinationSegment().spec(logger).connectionSpecification,
    }[connector]
    return schema


def fields(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """All fields of a schema with their paths, those of a choice with its name: `region[other].api_url`."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}{name}", field
        for choice in field.get("oneOf", ()):
            chosen = next(each["const"] for each in choice["properties"].values() if "const" in each)
            yield from fields(choice, f"{path}{name}[{chosen}].")


def write(config: Mapping[str, Any], catalog: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> None:
    """Has the destination write the messages, in this process."""
    loaded = [AirbyteMessageSerializer.load(message) for message in messages]
    list(DestinationSegment().write(config, ConfiguredAirbyteCatalogSerializer.load(catalog), loaded))
