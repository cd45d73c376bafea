"""The configuration changes, the state stays: what is missing is read, what was emitted is not emitted again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from mailjet_sandbox.faults import Fault, json_body, status
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from source_mailjet_segment.source import SourceMailjetSegment
from source_mailjet_segment.streams import STREAM_NAMES
from unit_tests.conftest import SEGMENT_STREAMS

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
EVENT_STREAMS = SEGMENT_STREAMS[:-1]
RATES = Rates(unsubscribed=0.03, spam=0.02, bounced=0.05)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def within(synced: Any, stream: str, since: datetime, until: datetime) -> set[str]:
    return {one["id"] for one in synced.records[stream] if text(since) <= one["timestamp"] < text(until)}


@pytest.mark.parametrize("streams", [EVENT_STREAMS, ["tracks"]], ids=["the six", "tracks"])
def test_an_earlier_start_brings_the_missing_stretch_of_every_stream_and_nothing_twice(
    read: Any, streams: list[str]
) -> None:
    with Sandbox(seed=51, messages=1_500, rates=RATES) as sandbox:
        whole = read(sandbox, streams=streams)
        middle = sandbox.now - timedelta(days=12)
        late = read(sandbox, streams=streams, start=middle)
        early = read(sandbox, late.state, streams=streams)
        third = read(sandbox, early.state, streams=streams)
    for stream in streams:
        both = late.ids(stream) + early.ids(stream)
        assert sorted(both) == sorted(whole.ids(stream)), stream
        assert late.ids(stream)
    assert third.count == 0


def test_a_later_start_emits_nothing_before_it(read: Any) -> None:
    with Sandbox(seed=52, messages=1_000, days=20, days_ahead=10, rates=RATES) as sandbox:
        first = read(sandbox, streams=EVENT_STREAMS)
        sandbox.now += timedelta(days=10)
        start = sandbox.now - timedelta(days=4)
        second = read(sandbox, first.state, streams=EVENT_STREAMS, start=start)
    assert second.count
    for stream in EVENT_STREAMS:
        assert all(one["timestamp"] >= text(start) for one in second.records[stream])


@pytest.mark.parametrize("streams", [EVENT_STREAMS, ["tracks"]], ids=["the six", "tracks"])
def test_an_end_that_moves_or_goes_loses_and_doubles_nothing(read: Any, streams: list[str]) -> None:
    with Sandbox(seed=53, messages=1_500, rates=RATES) as sandbox:
        whole = read(sandbox, streams=streams)
        state: list[Any] = []
        ids: dict[str, list[str]] = {stream: [] for stream in streams}
        ends = [text(sandbox.now - timedelta(days=days)) for days in (20, 11)]
        for end in [*ends, None]:
            synced = read(sandbox, state, streams=streams, end_date=end)
            state = synced.state
            for stream in streams:
                ids[stream] += synced.ids(stream)
                assert end is None or all(one["timestamp"] < end for one in synced.records[stream])
    for stream in streams:
        assert sorted(ids[stream]) == sorted(whole.ids(stream))


def test_more_engagement_days_look_at_older_sends_at_once(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=54, messages=2_000, days=40, rates=RATES) as sandbox:
        start = sandbox.now - timedelta(days=6)
        few = read(sandbox, start=start, engagement_days=1)
        more = read(sandbox, few.state, start=start, engagement_days=60)
        truth = truth_of(sandbox.truth(since=start, until=sandbox.now - timedelta(seconds=5)))
    for stream in ("email_unsubscribed", "email_marked_as_spam"):
        assert sorted(few.ids(stream) + more.ids(stream)) == sorted(truth[stream])
    assert more.count


def test_a_connection_paused_for_three_weeks_loses_no_unsubscribe_and_asks_each_history_once(
    read: Any, truth_of: TruthOf
) -> None:
    streams = ["email_unsubscribed", "email_marked_as_spam"]
    with Sandbox(seed=55, messages=2_000, days=20, days_ahead=30, rates=RATES) as sandbox:
        first = read(sandbox, streams=streams)
        sandbox.now += timedelta(days=21)
        second = read(sandbox, first.state, streams=streams)
        sandbox.reset_requests()
        third = read(sandbox, second.state, streams=streams)
        asked = [one.path for one in sandbox.requests if "/messagehistory/" in one.path]
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
        shown_before = {one.id for one in sandbox.truth() if one.beyond_rest}
        sandbox.reset_requests()
        read(sandbox, streams=streams)
        asked_afresh = [one.path for one in sandbox.requests if "/messagehistory/" in one.path]
    assert (third.count, asked) == (0, [])
    assert len(asked_afresh) > 30
    for stream in streams:
        emitted = first.ids(stream) + second.ids(stream)
        assert len(emitted) == len(set(emitted))
        assert not set(truth[stream]) - set(emitted)
        assert set(emitted) - set(truth[stream]) <= shown_before


def test_one_history_is_asked_for_each_message_and_status(read: Any) -> None:
    with Sandbox(seed=56, messages=1_500, rates=RATES) as sandbox:
        read(sandbox)
        histories = [one.path for one in sandbox.requests if "/messagehistory/" in one.path]
    assert len(histories) == len(set(histories)) > 30


def test_adding_tracks_later_reads_for_tracks_alone(read: Any) -> None:
    with Sandbox(seed=57, messages=800) as sandbox:
        first = read(sandbox, streams=EVENT_STREAMS)
        second = read(sandbox, first.state)
    assert {stream: len(ids) for stream, ids in second.records.items()} == {"tracks": first.count}


def test_a_full_refresh_ignores_state_and_memory(read: Any) -> None:
    with Sandbox(seed=58, messages=800) as sandbox:
        first = read(sandbox)
        second = read(sandbox, first.state, full_refresh=["email_opened"])
    assert sorted(second.ids("email_opened")) == sorted(first.ids("email_opened"))
    assert second.count == len(first.ids("email_opened"))


def test_a_full_refresh_that_was_cut_off_begins_anew_and_says_so(read: Any) -> None:
    """A platform that overwrites keeps the rows of the first attempt only of what says that it goes on from them."""
    catalog = SourceMailjetSegment().discover(logging.getLogger("airbyte"), {})
    assert {one.name: one.is_resumable for one in catalog.streams} == dict.fromkeys(STREAM_NAMES, False)
    with Sandbox(seed=58, messages=800) as sandbox:
        whole = read(sandbox, full_refresh=SEGMENT_STREAMS)
        cut_off = read(sandbox, full_refresh=SEGMENT_STREAMS, until=whole.count // 2)
        assert cut_off.states
        anew = read(sandbox, cut_off.state, full_refresh=SEGMENT_STREAMS)
    for stream in SEGMENT_STREAMS:
        assert sorted(anew.ids(stream)) == sorted(whole.ids(stream))
        assert len(anew.ids(stream)) == len(set(anew.ids(stream)))


def test_another_key_is_refused_before_anything_is_asked(read: Any) -> None:
    with Sandbox(seed=59, messages=100) as sandbox:
        first = read(sandbox)
        sandbox.reset_requests()
        other = read(sandbox, first.state, api_key="0" * 32)
        assert sandbox.request_count == 0
    assert "another Mailjet API key" in (other.failed or "")


def test_the_unsubscribes_name_changes_event_and_text_and_not_the_stream_or_the_ids(read: Any) -> None:
    with Sandbox(seed=60, messages=600, rates=RATES) as sandbox:
        plain = read(sandbox, streams=["email_unsubscribed"])
        named = read(sandbox, streams=["email_unsubscribed"], unsubscribe_event_name="Unsubscribed")
    assert sorted(named.ids("email_unsubscribed")) == sorted(plain.ids("email_unsubscribed"))
    assert {(one["event"], one["event_text"]) for one in named.records["email_unsubscribed"]} == {
        ("unsubscribed", "Unsubscribed")
    }


@pytest.mark.parametrize(
    "user_id, column",
    [({"from": "custom_id"}, "custom_id"), ({"from": "address"}, "context_traits_email"), ({"from": "none"}, None)],
    ids=["custom_id", "address", "none"],
)
def test_the_user_id_comes_from_where_it_is_configured(read: Any, user_id: dict[str, str], column: str | None) -> None:
    with Sandbox(seed=61, messages=500) as sandbox:
        synced = read(sandbox, streams=EVENT_STREAMS, user_id=user_id)
        asked = {one.path.split("/")[3] for one in sandbox.requests}
    records = [one for stream in EVENT_STREAMS for one in synced.records[stream]]
    told = [one.get(column) if column else None for one in records]
    if column == "context_traits_email":
        told = [address and address.lower() for address in told]
    assert [one.get("user_id") for one in records] == told
    assert all(("user_id" in one) != ("anonymous_id" in one) for one in records)
    assert not asked & {"contactdata", "contactmetadata"}


@pytest.mark.parametrize(
    "start, sentence",
    [
        (timedelta(days=1), "'start_date' of the configuration must be before now"),
        (timedelta(seconds=-3), "'start_date' of the configuration must be before now"),
    ],
)
def test_a_start_that_is_not_past_is_refused(read: Any, start: timedelta, sentence: str) -> None:
    with Sandbox(seed=62, messages=100) as sandbox:
        synced = read(sandbox, start=sandbox.now + start)
    assert sentence in (synced.failed or "")


def test_a_longer_lookback_emits_nothing_again(read: Any) -> None:
    with Sandbox(seed=63, messages=800, days=10, days_ahead=2, rates=RATES) as sandbox:
        state: list[Any] = []
        ids: list[str] = []
        for minutes in (60, 1440, 1440, 0, 60):
            synced = read(sandbox, state, streams=["tracks"], lookback_minutes=minutes)
            state, ids = synced.state, ids + synced.ids("tracks")
            sandbox.now += timedelta(hours=1)
    assert len(ids) == len(set(ids))


def test_a_first_sync_that_failed_and_an_earlier_start_lose_no_engagement(read: Any, truth_of: TruthOf) -> None:
    streams = ["email_unsubscribed", "email_marked_as_spam"]
    broken = Fault("messagehistory", status(500), nth=30, times=None)
    with Sandbox(seed=64, messages=2_000, rates=Rates(unsubscribed=0.1, spam=0.05), faults=[broken]) as sandbox:
        failed = read(sandbox, streams=streams, start=sandbox.now - timedelta(days=6))
        assert failed.failed
        sandbox.set_faults()
        early = read(sandbox, failed.state, streams=streams)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    for stream in streams:
        assert set(failed.ids(stream)) | set(early.ids(stream)) == set(truth[stream])


@pytest.mark.parametrize("days", [(30, 30, 1, 30), (1, 1, 60), (5, 1, 5, 90)], ids=str)
def test_engagement_days_up_and_down_double_nothing(read: Any, days: tuple[int, ...]) -> None:
    streams = ["email_unsubscribed", "email_marked_as_spam"]
    with Sandbox(seed=65, messages=1_500, days=40, days_ahead=5, rates=RATES) as sandbox:
        state: list[Any] = []
        ids: list[str] = []
        for engagement_days in days:
            synced = read(sandbox, state, streams=streams, engagement_days=engagement_days)
            state = synced.state
            ids += [one for stream in streams for one in synced.ids(stream)]
            sandbox.now += timedelta(days=1)
    assert len(ids) == len(set(ids)) > 20


def test_both_events_of_a_message_come_once_wherever_the_end_lies_between_them(read: Any) -> None:
    streams = ["email_unsubscribed", "email_marked_as_spam"]
    with Sandbox(seed=66, messages=2_000, rates=Rates(unsubscribed=0.05, spam=0.05)) as sandbox:
        seconds = sorted(
            {one.at for one in sandbox.truth() if one.kind in ("unsubscribed", "spam") and not one.beyond_rest}
        )
        for at in seconds[20:60:8]:
            ends = [text(at - timedelta(seconds=20)), text(at + timedelta(seconds=1)), None]
            state: list[Any] = []
            ids: list[str] = []
            for end in ends:
                synced = read(sandbox, state, streams=streams, end_date=end)
                state = synced.state
                ids += [one for stream in streams for one in synced.ids(stream)]
            assert len(ids) == len(set(ids))


def test_a_second_unsubscribe_in_a_history_changes_nothing(read: Any, truth_of: TruthOf) -> None:
    def twice(envelope: dict[str, Any]) -> dict[str, Any]:
        again = [{**row, "EventAt": int(row["EventAt"]) + 86_400} for row in envelope["Data"]]
        return {**envelope, "Count": 2 * len(again), "Data": again + envelope["Data"]}

    faults = [Fault("messagehistory", json_body(twice), times=None)]
    with Sandbox(seed=67, messages=600, rates=RATES, faults=faults) as sandbox:
        synced = read(sandbox, streams=["email_unsubscribed"])
        truth = truth_of(sandbox.truth())["email_unsubscribed"]
    assert {one["id"]: one["timestamp"] for one in synced.records["email_unsubscribed"]} == {
        event_id: text(one.at) for event_id, one in truth.items()
    }
