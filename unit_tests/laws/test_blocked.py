"""`email_blocked` holds what Mailjet did not send, each message once, and costs nothing where it is not selected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage

from mailjet_events.from_webhook import WebhookEvent, parse_body
from mailjet_sandbox.faults import Fault, asked_as, json_body, row_with
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from mailjet_sandbox.webhook_items import to_webhook_item
from segment_events.kinds import BLOCKED
from segment_events.row import parse_row
from source_mailjet_segment.streams import STREAM_NAMES
from unit_tests.conftest import SEGMENT_STREAMS
from unit_tests.laws.test_exactness import right_columns

ALONE = [BLOCKED.stream]
OFTEN = Rates(preblocked=0.1, late=0.05, bounced=0.05)


def blocked(sandbox: Sandbox, happened: Sequence[Happened] | None = None) -> dict[str, Happened]:
    """The messages that Mailjet did not send, by the id of their event."""
    events = happened or sandbox.truth(until=sandbox.now - timedelta(seconds=5), with_blocked=True)
    return {event.id: event for event in events if event.kind == "blocked"}


def wait(email_id: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """A page on which a message is still in the queue."""
    for row in envelope["Data"]:
        row |= {"Status": "queued"} if str(row.get("ID")) == email_id else {}
    return envelope


@pytest.mark.parametrize("streams", [ALONE, STREAM_NAMES], ids=["alone", "with all"])
@pytest.mark.parametrize(
    "switches",
    [
        Switches(),
        Switches(from_ts_inclusive=True, to_ts_inclusive=True),
        Switches(messages_cut_by="creation", names="openapi", undefined_field="error", single_message_shows=True),
    ],
    ids=["likely", "the other bounds", "another clock and other names"],
)
def test_each_blocked_message_comes_once_with_its_reason(read: Any, streams: Sequence[str], switches: Switches) -> None:
    with Sandbox(seed=11, messages=1_000, rates=OFTEN, switches=switches) as sandbox:
        synced = read(sandbox, streams=streams)
        truth = blocked(sandbox)
    assert (synced.failed, set(synced.statuses.values())) == (None, {"COMPLETE"})
    assert len(truth) > 50
    assert sorted(synced.ids(BLOCKED.stream)) == sorted(truth)
    for record in synced.records[BLOCKED.stream]:
        expected = right_columns(truth[record["id"]])
        assert {name: record.get(name) for name in expected} == expected
        assert (record["event"], record["event_text"]) == ("email_blocked", "Email Blocked")


def test_a_message_without_a_time_is_left_out_and_counted(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=18, messages=300, rates=OFTEN) as sandbox:
        sandbox.set_faults(Fault("message", row_with(ArrivedAt=""), nth=2, times=1, query={"MessageStatus": "8"}))
        synced = read(sandbox, streams=ALONE)
        truth = blocked(sandbox)
    assert len(synced.ids(BLOCKED.stream)) == len(truth) - 1
    assert any("1 blocked messages without a time" in line for line in log_lines)


def test_a_filter_that_mailjet_does_not_honour_makes_no_event(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=18, messages=300, rates=OFTEN) as sandbox:
        sandbox.set_faults(Fault("message", asked_as(MessageStatus="2"), times=None, query={"MessageStatus": "8"}))
        synced = read(sandbox, streams=ALONE)
    assert (synced.failed, synced.count) == (None, 0)
    assert any("messages that were not blocked" in line for line in log_lines)


def test_the_log_says_that_tracks_has_all_but_the_blocked(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=18, messages=300, rates=OFTEN) as sandbox:
        read(sandbox, streams=STREAM_NAMES)
    assert any(line.endswith("blocked; all but the blocked in tracks too.") for line in log_lines)


def test_the_id_by_rest_is_the_id_by_webhook(read: Any) -> None:
    with Sandbox(seed=18, messages=300, rates=OFTEN) as sandbox:
        by_rest = {record["id"]: record for record in read(sandbox, streams=ALONE).records[BLOCKED.stream]}
        posted = [parse_body(json.dumps(to_webhook_item(one)).encode())[0] for one in blocked(sandbox).values()]
    assert {event.id for event in posted if isinstance(event, WebhookEvent)} == by_rest.keys()


def test_its_rows_become_calls_of_the_destination(read: Any) -> None:
    with Sandbox(seed=18, messages=300, rates=OFTEN) as sandbox:
        rows = read(sandbox, streams=ALONE).records[BLOCKED.stream]
    for row in rows:
        call = parse_row(row, {"name": "any", "version": "1"})
        assert (call["event"], call["messageId"]) == ("Email Blocked", row["id"])
        assert call["properties"]["error"] == row["error"]


def test_tracks_and_the_others_are_the_same_with_it_and_without(read: Any) -> None:
    with Sandbox(seed=12, messages=600, rates=OFTEN) as sandbox:
        without = read(sandbox, streams=SEGMENT_STREAMS)
        cost = sandbox.request_count
        sandbox.reset_requests()
        beside = read(sandbox, streams=STREAM_NAMES)
        more = sandbox.request_count - cost
        listed = [request for request in sandbox.requests if request.query.get("MessageStatus") == "8"]
    assert beside.ids(BLOCKED.stream)
    for stream in SEGMENT_STREAMS:
        assert sorted(beside.ids(stream)) == sorted(without.ids(stream))
        assert beside.states[stream].stream.stream_state == without.states[stream].stream.stream_state
    assert len(listed) <= 2  # a count and a page
    assert more <= len(listed) + len(beside.ids(BLOCKED.stream))


def test_nobody_asks_for_blocked_messages_if_they_are_not_selected(read: Any) -> None:
    with Sandbox(seed=12, messages=300, rates=OFTEN) as sandbox:
        read(sandbox, streams=SEGMENT_STREAMS)
        assert not [request for request in sandbox.requests if request.query.get("MessageStatus") == "8"]


def test_syncs_in_steps_emit_each_blocked_message_once(read: Any) -> None:
    with Sandbox(seed=13, messages=600, days=5, days_ahead=6, rates=OFTEN) as sandbox:
        ids: list[str] = []
        state: list[Any] = []
        for _ in range(14):
            synced = read(sandbox, state, streams=[*ALONE, "tracks"])
            state = synced.state
            ids += synced.ids(BLOCKED.stream)
            sandbox.now += timedelta(hours=11)
        sandbox.now -= timedelta(hours=11)
        assert sorted(ids) == sorted(blocked(sandbox))


def test_a_message_that_is_blocked_hours_after_its_arrival_is_found(read: Any) -> None:
    """Its old `ArrivedAt` lies before the lookback of all other streams."""
    with Sandbox(seed=14, messages=200, days=5, days_ahead=1, rates=OFTEN) as sandbox:
        before = sandbox.now
        late = max(blocked(sandbox).values(), key=lambda event: event.at)
        sandbox.now = late.at + timedelta(hours=20)
        assert before - late.at < timedelta(hours=20)
        sandbox.set_faults(Fault("message", json_body(partial(wait, late.email_id)), times=None))
        first = read(sandbox, streams=ALONE)
        sandbox.set_faults()
        sandbox.now += timedelta(hours=1)
        second = read(sandbox, first.state, streams=ALONE)
    assert late.id not in first.ids(BLOCKED.stream)
    assert late.id in second.ids(BLOCKED.stream)


def test_a_message_that_two_windows_list_comes_once(read: Any) -> None:
    """The later of two windows reaches back over the earlier, by its count and by its listing."""
    with Sandbox(seed=16, messages=600, rates=OFTEN) as sandbox:
        start, end = sandbox.now - timedelta(days=26), sandbox.now - timedelta(days=22)
        middle = read(sandbox, streams=ALONE, start=start, end_date=end.strftime("%Y-%m-%dT%H:%M:%SZ"))
        of_blocked, reaching_back = {"MessageStatus": "8"}, asked_as(FromTS="1")
        counted = Fault("message", reaching_back, nth=2, query={**of_blocked, "countOnly": "1"})
        sandbox.set_faults(counted, Fault("message", reaching_back, nth=4, query=of_blocked))
        both_sides = read(sandbox, middle.state, streams=ALONE, num_workers=1).ids(BLOCKED.stream)
        truth = blocked(sandbox)
    assert {*middle.ids(BLOCKED.stream), *both_sides} == set(truth)
    assert len(both_sides) == len(set(both_sides))


def test_a_start_that_moves_back_brings_what_is_missing_and_on_brings_nothing_earlier(read: Any) -> None:
    with Sandbox(seed=15, messages=600, rates=OFTEN) as sandbox:
        middle = sandbox.now - timedelta(days=10)
        first = read(sandbox, streams=ALONE, start=middle)
        moved_back = read(sandbox, first.state, streams=ALONE)
        moved_on = read(sandbox, moved_back.state, streams=ALONE, start=middle)
        truth = blocked(sandbox)
    assert sorted(first.ids(BLOCKED.stream)) == sorted(key for key, event in truth.items() if event.at >= middle)
    assert sorted(moved_back.ids(BLOCKED.stream)) == sorted(key for key, event in truth.items() if event.at < middle)
    assert not moved_on.count


def test_an_end_that_is_removed_goes_on_from_its_state(read: Any) -> None:
    with Sandbox(seed=16, messages=600, rates=OFTEN) as sandbox:
        end = (sandbox.now - timedelta(days=8)).strftime("%Y-%m-%dT%H:%M:%SZ")
        first = read(sandbox, streams=ALONE, end_date=end)
        second = read(sandbox, first.state, streams=ALONE)
        ids = first.ids(BLOCKED.stream) + second.ids(BLOCKED.stream)
        assert first.count
        assert second.count
        assert sorted(ids) == sorted(blocked(sandbox))


@pytest.mark.parametrize("workers", [1, 8])
def test_stopped_after_any_message_and_resumed_it_is_whole(read: Any, workers: int) -> None:
    with Sandbox(seed=17, messages=150, days=12, rates=OFTEN) as sandbox:
        printed: list[AirbyteMessage] = []
        read(sandbox, streams=ALONE, on_message=printed.append, num_workers=workers)
        truth = set(blocked(sandbox))
        for until in range(1, len(printed) + 1):
            stopped = read(sandbox, streams=ALONE, until=until, num_workers=workers)
            rest = read(sandbox, stopped.state, streams=ALONE, num_workers=workers)
            again = read(sandbox, [*{**stopped.states, **rest.states}.values()], streams=ALONE)
            assert {*stopped.ids(BLOCKED.stream), *rest.ids(BLOCKED.stream)} == truth
            assert not again.count
    assert len(truth) > 5
