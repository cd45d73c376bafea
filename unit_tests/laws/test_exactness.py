"""The numbers can be trusted: what a sync emits is what happened, each event once, of the right person, at its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from mailjet_sandbox.computed_account import NEWSLETTER_RATES, newsletter_account
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from segment_events.kinds import COMMON_COLUMNS
from source_mailjet_segment.schemas import schema_of
from unit_tests.conftest import SEGMENT_STREAMS

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
EVENT_STREAMS = SEGMENT_STREAMS[:-1]


def instant(record: dict[str, Any]) -> str:
    return str(record["timestamp"])


def right_columns(event: Happened) -> dict[str, Any]:
    """The columns of an event that must be right, as the sandbox knows them."""
    late = event.kind == "delivered" and event.arrived_at != event.at
    return {
        "timestamp": (event.arrived_at if late else event.at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "user_id": event.user_id,
        "context_traits_email": event.address,
        "email_id": event.email_id,
        "email_subject": event.subject,
        "campaign_id": event.campaign_id,
        "campaign_name": event.campaign_name,
        "custom_campaign": event.custom_campaign,
        "custom_id": event.custom_id,
        "contact_id": event.contact_id,
        "message_uuid": event.message_uuid,
        "link_url": event.link_url,
        "click_delay_s": event.click_delay_s,
        "bounce_type": event.bounce_type,
        "is_blocked": event.is_blocked,
        "error": event.error,
        "error_related_to": event.error_related_to,
        "list_id": event.list_id if event.kind == "unsubscribed" else None,
        "list_name": event.list_name if event.kind == "unsubscribed" else None,
        "is_bot": event.is_bot,
    }


@pytest.mark.parametrize(
    "switches",
    [
        Switches(),
        Switches(from_ts_inclusive=True, to_ts_inclusive=True, event_bounds_inclusive=False),
        Switches(messages_cut_by="creation", names="openapi", undefined_field="error", single_message_shows=True),
    ],
    ids=["likely", "the other bounds", "another clock and other names"],
)
def test_each_stream_holds_what_happened_and_tracks_holds_all(read: Any, truth_of: TruthOf, switches: Switches) -> None:
    with Sandbox(seed=11, messages=2_000, switches=switches) as sandbox:
        synced = read(sandbox)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert synced.failed is None
    assert set(synced.statuses.values()) == {"COMPLETE"}
    for stream in EVENT_STREAMS:
        records = {record["id"]: record for record in synced.records[stream]}
        assert sorted(synced.ids(stream)) == sorted(truth[stream]), stream
        for event_id, one in truth[stream].items():
            expected = right_columns(one)
            assert {name: records[event_id].get(name) for name in expected} == expected
    tracks = {record["id"]: record for record in synced.records["tracks"]}
    both = [record for stream in EVENT_STREAMS for record in synced.records[stream]]
    assert len(tracks) == len(synced.records["tracks"]) == len(both)
    for record in both:
        assert tracks[record["id"]] == {name: record[name] for name in COMMON_COLUMNS if name in record}


def test_every_record_is_valid_by_its_streams_schema(read: Any) -> None:
    with Sandbox(seed=12, messages=1_000) as sandbox:
        synced = read(sandbox)
    for stream in SEGMENT_STREAMS:
        closed = {**schema_of(stream), "additionalProperties": False}
        validator = Draft7Validator(closed, format_checker=FormatChecker())
        for record in synced.records[stream]:
            validator.validate(record)
            assert ("user_id" in record) != ("anonymous_id" in record)
            assert None not in record.values()


def test_a_second_sync_with_nothing_new_emits_nothing(read: Any) -> None:
    with Sandbox(seed=13, messages=2_000) as sandbox:
        first = read(sandbox)
        second = read(sandbox, first.state)
    assert (first.count > 4_000, second.count) == (True, 0)
    assert {name: one.stream.stream_state for name, one in second.states.items()} == {
        name: one.stream.stream_state for name, one in first.states.items()
    }


def test_tracks_beside_the_six_costs_no_request(read: Any) -> None:
    for start_days in (30, 8):
        with Sandbox(seed=14, messages=3_000) as sandbox:
            start = sandbox.now - timedelta(days=start_days)
            read(sandbox, start=start)
            with_tracks = sandbox.request_count
            sandbox.reset_requests()
            read(sandbox, start=start, streams=EVENT_STREAMS)
            assert sandbox.request_count == with_tracks


@pytest.mark.parametrize("streams", [[one] for one in SEGMENT_STREAMS], ids=SEGMENT_STREAMS)
def test_a_stream_alone_holds_what_it_holds_beside_the_others(read: Any, streams: list[str]) -> None:
    with Sandbox(seed=15, messages=800) as sandbox:
        start = sandbox.now - timedelta(days=10)
        alone = read(sandbox, streams=streams, start=start)
        beside = read(sandbox, start=start)
    by_id = {record["id"]: record for record in beside.records[streams[0]]}
    assert by_id
    ignored = {"received_at", "sent_at"}
    for record in alone.records[streams[0]]:
        same = by_id.pop(record["id"])
        assert {name: record[name] for name in record.keys() - ignored} == {
            name: same[name] for name in same.keys() - ignored
        }
    assert not by_id


def test_syncs_in_steps_emit_together_what_one_sync_at_the_end_knows(read: Any, truth_of: TruthOf) -> None:
    """Late deliveries come once, at the time of their history; what Mailjet lists late comes once within the
    lookback.
    """
    rates = Rates(late=0.05, unsubscribed=0.02, spam=0.01)
    with Sandbox(
        seed=16, messages=1_500, days=6, days_ahead=8, rates=rates, listing_lag=timedelta(minutes=50)
    ) as sandbox:
        ids: list[str] = []
        times: dict[str, str] = {}
        overwritten: set[str] = set()
        state: list[Any] = []
        end = sandbox.now + timedelta(days=16)
        while sandbox.now <= end:
            synced = read(sandbox, state, streams=EVENT_STREAMS)
            assert synced.failed is None
            state = synced.state
            for stream in EVENT_STREAMS:
                ids += synced.ids(stream)
                times |= {record["id"]: instant(record) for record in synced.records[stream]}
            overwritten |= {one.id for one in sandbox.truth() if one.beyond_rest}
            sandbox.now += timedelta(hours=7)
        sandbox.now -= timedelta(hours=7)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    happened = {event_id: one for stream in truth.values() for event_id, one in stream.items()}
    assert len(ids) == len(set(ids))
    assert not set(happened) - set(ids)
    assert set(ids) - set(happened) <= overwritten
    late = {event_id for event_id, one in happened.items() if one.kind == "delivered" and one.pending_until}
    assert len(late) > 20
    for event_id in set(happened) & set(ids):
        one = happened[event_id]
        allowed = {one.at, one.arrived_at} if event_id in late else {one.at}
        assert times[event_id] in {at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in allowed}


def test_a_computed_account_is_read_exactly_at_first_and_then_by_the_day_and_by_the_hour(
    read: Any, truth_of: TruthOf
) -> None:
    """Newsletters to everybody, as large accounts have them: what the benchmarks measure is also true."""
    rates = replace(NEWSLETTER_RATES, late=0.02, unsubscribed=0.005)
    with Sandbox(account=newsletter_account(3_000, seed=17, rates=rates)) as sandbox:
        state: list[Any] = []
        ids: list[str] = []
        overwritten: set[str] = set()
        for step in (timedelta(0), timedelta(days=1), timedelta(hours=1)):
            sandbox.now += step
            synced = read(sandbox, state)
            assert synced.failed is None
            state = synced.state
            truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
            if not ids:
                for stream in EVENT_STREAMS:
                    records = {record["id"]: record for record in synced.records[stream]}
                    for event_id, one in truth[stream].items():
                        expected = right_columns(one)
                        assert {name: records[event_id].get(name) for name in expected} == expected
            ids += [one for stream in EVENT_STREAMS for one in synced.ids(stream)]
            overwritten |= {one.id for one in sandbox.truth() if one.beyond_rest}
            happened = {event_id for stream in truth.values() for event_id in stream}
            assert len(ids) == len(set(ids))
            assert happened <= set(ids) <= happened | overwritten
    assert len(ids) > 4_500
