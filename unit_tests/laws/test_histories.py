"""Histories are asked for once, whatever breaks off; one that lacks its event is asked for once a day, and not lost."""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage

from mailjet_reading.limits import HISTORIES_AT_ONCE
from mailjet_sandbox.faults import Action, Fault, counted_as, json_body, only_rows, status
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.series import seeds

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
ENGAGED = ["email_unsubscribed", "email_marked_as_spam"]
MANY = Rates(unsubscribed=0.15, spam=0.1)
LACKING: dict[str, Action] = {
    "an empty list": only_rows(lambda row: False),
    "404": status(404, {"ErrorInfo": "", "ErrorMessage": "Object not found", "StatusCode": 404}),
    "only the delivery": only_rows(lambda row: row["EventType"] == "sent"),
}
DAY = timedelta(days=1)


def take_asked(sandbox: Sandbox) -> Counter[str]:
    """How often each history was asked for since the last look."""
    found = Counter(one.path.rpartition("/")[2] for one in sandbox.requests if "/messagehistory/" in one.path)
    sandbox.reset_requests()
    return found


def showing(sandbox: Sandbox) -> set[tuple[str, str]]:
    """The messages that show an unsubscribe or a complaint, each with its status."""
    now = int(sandbox.now.timestamp())
    statuses = {str(one.id): one.status_at(now) for one in sandbox.account.messages}
    return {(message, shown) for message, shown in statuses.items() if shown in ("unsub", "spam")}


def ids(synced: Any) -> list[str]:
    return [one for stream in ENGAGED for one in synced.ids(stream)]


def warned_of(log_lines: list[str]) -> list[int]:
    """The numbers of messages that warnings since the last look named."""
    logging.getLogger("airbyte").setLevel(logging.INFO)
    found = [int(one[1]) for line in log_lines if (one := re.match(r"(\d+) messages show an unsubscribe", line))]
    log_lines.clear()
    return found


@pytest.mark.parametrize("lacking", LACKING.values(), ids=LACKING)
def test_an_event_that_its_history_lacks_is_warned_of_asked_for_once_a_day_and_emitted_when_it_is_told(
    read: Any, truth_of: TruthOf, log_lines: list[str], lacking: Action
) -> None:
    faults = [Fault("messagehistory", lacking, times=None)]
    with Sandbox(seed=81, messages=600, days=20, rates=MANY, faults=faults) as sandbox:
        warned_of(log_lines)
        state: list[Any] = []
        asked_at: dict[tuple[str, str], int] = {}
        for hour in range(30):
            synced = read(sandbox, state, streams=ENGAGED)
            assert (synced.failed, ids(synced)) == (None, [])
            state = synced.state
            shown = showing(sandbox)
            due = {one for one in shown if hour >= asked_at.get(one, -23) + 23}
            assert take_asked(sandbox) == Counter(message for message, _ in due)
            assert warned_of(log_lines) == [len(shown)]
            asked_at |= dict.fromkeys(due, hour)
            sandbox.now += timedelta(hours=1)
        assert len(shown) > 50
        sandbox.set_faults()
        sandbox.now += timedelta(hours=17)
        told = read(sandbox, state, streams=ENGAGED)
        assert (take_asked(sandbox), warned_of(log_lines)) == (Counter(message for message, _ in showing(sandbox)), [])
        again = read(sandbox, told.state, streams=ENGAGED)
        assert (ids(again), take_asked(sandbox), warned_of(log_lines)) == ([], Counter(), [])
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert sorted(ids(told)) == sorted(one for stream in ENGAGED for one in truth[stream])
    state_of = told.states["email_unsubscribed"].stream.stream_state
    assert "lacking" not in state_of.feeds["engagements"]


def test_what_one_history_lacks_holds_no_other_up(read: Any, truth_of: TruthOf, log_lines: list[str]) -> None:
    with Sandbox(seed=82, messages=600, rates=MANY) as sandbox:
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
        one = sorted(truth["email_unsubscribed"].values(), key=lambda each: each.at)[5]
        sandbox.set_faults(Fault(f"messagehistory/{one.email_id}", LACKING["an empty list"], times=None))
        synced = read(sandbox, streams=ENGAGED)
        assert warned_of(log_lines) == [1]
    wanted = {event_id for stream in ENGAGED for event_id, each in truth[stream].items()}
    assert wanted - set(ids(synced)) == {
        event_id for stream in ENGAGED for event_id, each in truth[stream].items() if each.email_id == one.email_id
    }


def test_a_lacking_history_is_no_longer_asked_for_when_its_sending_has_left_the_engagement_days(
    read: Any, log_lines: list[str]
) -> None:
    lacking = Fault("messagehistory", LACKING["404"], times=None)
    with Sandbox(seed=83, messages=400, days=2, rates=MANY, faults=[lacking]) as sandbox:
        state = read(sandbox, streams=ENGAGED, engagement_days=3).state
        sandbox.now += 5 * DAY
        state = read(sandbox, state, streams=ENGAGED, engagement_days=3).state  # from the last end on, three days back
        take_asked(sandbox)
        warned_of(log_lines)
        sandbox.now += DAY
        read(sandbox, state, streams=ENGAGED, engagement_days=3)
        assert (take_asked(sandbox), warned_of(log_lines)) == (Counter(), [])


def test_one_history_that_cannot_be_read_makes_no_other_be_asked_for_again(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=84, messages=2_600, rates=MANY) as sandbox:
        shown = {message for message, _ in showing(sandbox)}
        broken = sorted(shown)[len(shown) // 2]
        sandbox.set_faults(Fault(f"messagehistory/{broken}", status(500), times=None))
        state: list[Any] = []
        emitted: list[str] = []
        times: Counter[str] = Counter()
        for _ in range(6):
            failed = read(sandbox, state, streams=ENGAGED)
            assert failed.statuses == dict.fromkeys(ENGAGED, "INCOMPLETE")
            state, emitted = failed.state, emitted + ids(failed)
            times += Counter(take_asked(sandbox).keys())
        sandbox.set_faults()
        mended = read(sandbox, state, streams=ENGAGED)
        times += Counter(take_asked(sandbox).keys())
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert times.keys() == shown
    assert len(shown) > 2 * HISTORIES_AT_ONCE
    assert [one for one in times if times[one] > 1] == [broken]
    assert sorted(emitted + ids(mended)) == sorted(one for stream in ENGAGED for one in truth[stream])


@pytest.mark.parametrize("seed", seeds(4, always=1))
def test_a_sync_that_is_cut_off_among_histories_goes_on_behind_the_last_state(
    read: Any, truth_of: TruthOf, seed: int
) -> None:
    rng = random.Random(seed)
    with Sandbox(seed=85, messages=4_000, rates=MANY) as sandbox:
        shown = {message for message, _ in showing(sandbox)}
        states: dict[str, Any] = {}
        saved: set[str] = set()
        times: Counter[str] = Counter()
        for _ in range(3):
            printed: list[AirbyteMessage] = []
            until = rng.randrange(len(shown) // 3, len(shown) // 2)
            stopped = read(sandbox, list(states.values()), streams=ENGAGED, until=until, on_message=printed.append)
            states |= stopped.states
            assert not saved & set(ids(stopped))
            ends = {stream: 0 for stream in ENGAGED}
            for number, message in enumerate(printed):
                if message.state and message.state.stream:
                    ends[message.state.stream.stream_descriptor.name] = number
            saved |= {one.record.data["id"] for one in printed[: min(ends.values())] if one.record}
            times += take_asked(sandbox)
        last = read(sandbox, list(states.values()), streams=ENGAGED)
        times += take_asked(sandbox)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert len(saved) > HISTORIES_AT_ONCE
    assert not saved & set(ids(last))
    assert saved | set(ids(stopped)) | set(ids(last)) >= {one for stream in ENGAGED for one in truth[stream]}
    assert times.total() <= len(shown) + 3 * 6 * HISTORIES_AT_ONCE
    assert times.keys() == shown


def test_histories_are_asked_for_once_for_two_states(read: Any) -> None:
    """The streams go on from an earlier end than `tracks`, so the feed is read twice."""
    with Sandbox(seed=86, messages=600, days=10, days_ahead=10, rates=MANY) as sandbox:
        first = read(sandbox, streams=[*ENGAGED, "tracks"])
        sandbox.now += DAY
        later = read(sandbox, [first.states["tracks"]], streams=["tracks"])
        sandbox.now += 3 * DAY
        take_asked(sandbox)
        both = read(sandbox, [*first.state[:-1], later.states["tracks"]], streams=[*ENGAGED, "tracks"])
        times = take_asked(sandbox)
        new = {one["email_id"] for stream in ENGAGED for one in both.records[stream]}
    assert len(new) > 10
    assert new <= times.keys()
    assert set(times.values()) == {1}


def test_a_late_delivery_is_saved_though_the_history_of_another_cannot_be_read(read: Any, truth_of: TruthOf) -> None:
    delivered = ["email_delivered"]
    with Sandbox(seed=87, messages=900, days=3, days_ahead=1, rates=Rates(late=0.6)) as sandbox:
        first = read(sandbox, streams=delivered)
        sandbox.now += timedelta(hours=7)
        whole = read(sandbox, first.state, streams=delivered)
        timed = take_asked(sandbox)
        assert len(timed) > 8
        broken = min(timed)
        sandbox.set_faults(Fault(f"messagehistory/{broken}", status(500), times=None))
        failed = read(sandbox, first.state, streams=delivered)
        assert failed.failed
        assert take_asked(sandbox).keys() == timed.keys()
        sandbox.set_faults()
        mended = read(sandbox, failed.state, streams=delivered)
        assert take_asked(sandbox) == Counter([broken])
    assert sorted(failed.ids("email_delivered") + mended.ids("email_delivered")) == sorted(whole.ids("email_delivered"))


def ten_rows_of_which_some_are_alike(envelope: dict[str, Any]) -> dict[str, Any]:
    """A history that an image proxy has opened again and again within a second, as many times as make ten rows."""
    rows = [row for row in envelope["Data"] if row["EventType"] in {"unsub", "spam", "sent"}]
    opened = {"EventType": "open", "EventAt": 1_747_000_000, "Useragent": "GoogleImageProxy", "UseragentID": 5}
    rows += [opened] * (10 - len(rows))
    return {"Count": len(rows), "Data": rows, "Total": len(rows)}


def test_opens_that_are_alike_in_a_history_are_not_missing_rows(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=51, messages=300, days=5, rates=MANY) as sandbox:
        happened = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
        sandbox.set_faults(
            Fault("messagehistory", json_body(ten_rows_of_which_some_are_alike), times=None, query={"Limit": "1000"}),
            Fault("messagehistory", counted_as(10), times=None, query={"countOnly": "1"}),
        )
        synced = read(sandbox, streams=ENGAGED)
    assert synced.failed is None
    assert {stream: set(synced.ids(stream)) for stream in ENGAGED} == {
        stream: set(happened[stream]) for stream in ENGAGED
    }
