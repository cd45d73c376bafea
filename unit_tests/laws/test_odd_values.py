"""A value that no event needs stops no stream, however odd it is; a row of no message is left out and told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from mailjet_sandbox.faults import Action, Fault, asked_as, data_instead, json_body, row_with, row_without
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]


def added(**row: Any) -> Action:
    """A page with one row more, after the others."""

    def change(envelope: dict[str, Any]) -> dict[str, Any]:
        rows = [*envelope["Data"], row]
        return {"Count": len(rows), "Data": rows, "Total": len(rows)}

    return json_body(change)


ODD: dict[str, Fault] = {
    "a campaign of list -1": Fault("campaign", row_with(ListID=-1), times=None, query={"Limit": "1000"}),
    "a campaign without an ID": Fault("campaign", added(ID="x", Subject="y"), times=None, query={"Limit": "1000"}),
    "a user agent of ID -1": Fault("useragent", added(ID=-1), times=None, query={"Limit": "1000"}),
    "a list that is a text": Fault("contactslist", added(ID="all"), times=None, query={"Limit": "1000"}),
    "a state of ID 0": Fault("messagestate", added(ID=0, State="none"), times=None),
    "a click whose delay is a word": Fault("clickstatistics", row_with(ClickedDelay="n/a"), times=None),
    "a bounce whose state is a word": Fault("bouncestatistics", row_with(StateID="unknown"), times=None),
    "no rows beside a count": Fault("", data_instead(None), times=None, query={"countOnly": "1"}),
    "a history row without a time": Fault("messagehistory", added(EventType="open"), times=None),
    "a history row without a kind": Fault("messagehistory", added(EventAt=1), times=None),
    "contact data of nobody": Fault("contactdata", added(ID="?", Data="?"), times=None, query={"Limit": "1000"}),
    "a message that never was": Fault("message", added(ID=0, Status="sent"), times=None, query={"Limit": "1000"}),
    "an open of no message": Fault("openinformation", added(OpenedAt="soon"), times=None, query={"Limit": "1000"}),
}


@pytest.mark.parametrize("fault", ODD.values(), ids=ODD.keys())
def test_a_value_that_no_event_needs_stops_nothing(read: Any, truth_of: TruthOf, fault: Fault) -> None:
    with Sandbox(seed=61, messages=500, days=20, faults=[fault]) as sandbox:
        synced = read(sandbox)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
        assert any(fault.matches(one.path.removeprefix("/v3/REST/"), one.query) for one in sandbox.requests)
    assert (synced.failed, synced.errors) == (None, [])
    assert {stream: sorted(synced.ids(stream)) for stream in truth} == {
        stream: sorted(ids) for stream, ids in truth.items()
    }


@pytest.mark.parametrize("path", ["message", "openinformation", "clickstatistics", "bouncestatistics"])
def test_rows_that_name_no_message_are_counted_and_warned_of_once(read: Any, log_lines: list[str], path: str) -> None:
    nobodys = Fault(path, added(ID=0, MessageID=-1), times=None, query={"Limit": "1000"})
    with Sandbox(seed=62, messages=200, days=1, faults=[nobodys]) as sandbox:
        synced = read(sandbox)
    assert synced.failed is None
    (warning,) = [line for line in log_lines if "name no message" in line]
    assert path in warning
    assert not [
        one
        for records in synced.records.values()
        for one in records
        if one["email_id" if "email_id" in one else "id"] == "0"
    ]


def test_a_queued_message_without_a_time_is_delivered_when_it_is(read: Any, truth_of: TruthOf) -> None:
    def without_time(envelope: dict[str, Any]) -> dict[str, Any]:
        rows = [
            {**row, "ArrivedAt": ""} if row["Status"] in {"queued", "deferred"} else row for row in envelope["Data"]
        ]
        return {**envelope, "Data": rows}

    faults = [Fault("message", json_body(without_time), times=None)]
    with Sandbox(seed=63, messages=600, days=3, days_ahead=1, rates=Rates(late=0.2), faults=faults) as sandbox:
        ids: list[str] = []
        state: Sequence[Any] = ()
        for _ in range(6):
            synced = read(sandbox, state, streams=["email_delivered"])
            assert synced.failed is None
            state, ids = synced.state, ids + synced.ids("email_delivered")
            sandbox.now += timedelta(hours=20)
        sandbox.now -= timedelta(hours=20)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))["email_delivered"]
    assert len([one for one in truth.values() if one.pending_until]) > 20
    assert sorted(ids) == sorted(truth)


@pytest.mark.parametrize(
    "path, action, row",
    [
        ("openinformation", row_with(OpenedAt="2025-02-30T25:61:00Z"), "a row whose 'OpenedAt' is no instant (its '"),
        ("bouncestatistics", row_without("BouncedAt"), "a row without 'BouncedAt' (its 'ID' is "),
    ],
)
def test_a_row_whose_time_cannot_be_read_is_named(read: Any, path: str, action: Action, row: str) -> None:
    with Sandbox(seed=64, messages=200, days=10, faults=[Fault(path, action, times=None)]) as sandbox:
        synced = read(sandbox)
    assert f"Mailjet's '{path}' at " in str(synced.failed)
    assert row in str(synced.failed)


IGNORED: dict[str, dict[str, str]] = {
    "EventFromTs": {"EventFromTs": "0"},
    "EventToTs": {"EventToTs": "99999999999"},
}


@pytest.mark.parametrize("name", IGNORED)
def test_a_filter_of_time_that_is_not_honoured_is_named_after_few_requests(read: Any, name: str) -> None:
    fault = Fault("openinformation", asked_as(**IGNORED[name]), times=None)
    with Sandbox(seed=65, messages=6_000, days=30, rates=Rates(opened=4), faults=[fault]) as sandbox:
        synced = read(sandbox, streams=["email_opened"], user_id={"from": "none"}, num_workers=2)
        asked = [one for one in sandbox.requests if one.path.endswith("openinformation")]
    assert f"does not honour the filter '{name}' of 'openinformation'" in str(synced.failed)
    assert len(asked) < 40


def test_a_sync_of_an_hour_finds_out_too_that_a_filter_is_not_honoured(read: Any) -> None:
    fault = Fault("message", asked_as(FromTS="0"), times=None)
    with Sandbox(seed=66, messages=1_500, days=30, days_ahead=1) as sandbox:
        first = read(sandbox, streams=["email_delivered"])
        sandbox.now += timedelta(hours=1)
        sandbox.set_faults(fault)
        synced = read(sandbox, first.state, streams=["email_delivered"])
    assert "does not honour the filter 'FromTS' of 'message'" in str(synced.failed)


def without_name_and_time(envelope: dict[str, Any]) -> dict[str, Any]:
    """A page whose last row names no message and no time."""
    for row in envelope["Data"][-1:]:
        row["ID"] = 0
        del row["BouncedAt"]
    return envelope


def test_a_row_without_a_name_and_a_time_is_no_missing_row_of_a_window_that_was_counted(read: Any) -> None:
    nameless = Fault("bouncestatistics", json_body(without_name_and_time), 2, None, {"Limit": "1000"})
    with Sandbox(seed=51, messages=9_000, days=20.5, rates=Rates(bounced=0.7), faults=[nameless]) as sandbox:
        synced = read(sandbox, streams=["email_bounced"], num_workers=1, user_id={"from": "none"})
    assert synced.failed is None
    assert synced.count > 6_000
