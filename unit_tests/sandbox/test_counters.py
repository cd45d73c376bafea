"""The sandbox's counters are its truth, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

Get = Callable[..., requests.Response]
RowsOf = Callable[..., list[dict[str, Any]]]

BY_KIND = {
    "delivered": "MessageSentCount",
    "opened": "EventOpenedCount",
    "clicked": "EventClickedCount",
    "unsubscribed": "EventUnsubscribedCount",
    "spam": "EventSpamCount",
    "blocked": "MessageBlockedCount",
}
OF_KEY = {"CounterSource": "APIKey", "CounterTiming": "Event"}


@pytest.mark.parametrize("resolution, seconds", [("Hour", 3_600), ("Day", 86_400)])
def test_slices_by_event_are_the_truth(sandbox: Sandbox, rows: RowsOf, resolution: str, seconds: int) -> None:
    truth = Counter(
        (int(event.at.timestamp()) // seconds * seconds, BY_KIND[event.kind])
        for event in sandbox.truth(with_blocked=True)
        if event.kind in BY_KIND
    )
    assert truth
    sandbox.switches = Switches(counters_spelt="guide")
    found = rows("statcounters", **OF_KEY, CounterResolution=resolution)
    names = {"EventClickedCount": "EventClickCount"}
    counted = {
        (int(row["Timeslice"]), name): int(row[names.get(name, name)])
        for row in found
        for name in BY_KIND.values()
        if int(row[names.get(name, name)])
    }
    assert counted == truth


def test_by_message_an_event_counts_when_its_message_was_sent(sandbox: Sandbox, rows: RowsOf) -> None:
    sent, happened = (
        rows("statcounters", CounterSource="APIKey", CounterTiming=timing, CounterResolution="Day")
        for timing in ("Message", "Event")
    )
    days = (Counter({row["Timeslice"]: row["EventOpenedCount"] for row in found}) for found in (sent, happened))
    first, second = days
    assert first.total() == second.total()
    assert first != second


def test_bots_may_be_left_out(sandbox: Sandbox, rows: RowsOf) -> None:
    sandbox.switches = Switches(counters_count_bots=False)
    (row,) = rows("statcounters", **OF_KEY, CounterResolution="Lifetime")
    events = sandbox.truth()
    assert row["EventOpenedCount"] == sum(event.kind == "opened" and not event.is_bot for event in events)
    assert row["EventClickedCount"] < sum(event.kind == "clicked" for event in events)


def test_campaigns_add_up_to_the_key(sandbox: Sandbox, rows: RowsOf) -> None:
    (whole,) = rows("statcounters", **OF_KEY, CounterResolution="Lifetime")
    asked = {"CounterSource": "Campaign", "CounterTiming": "Event", "CounterResolution": "Lifetime"}
    parts = [
        row for campaign in sandbox.account.campaigns for row in rows("statcounters", SourceID=campaign.id, **asked)
    ]
    assert len(parts) > 3
    for name in ("MessageSentCount", "EventOpenedCount", "Total"):
        assert sum(row[name] for row in parts) == whole[name]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {**OF_KEY, "CounterResolution": "Fortnight"},
        {"CounterSource": "Campaign", "CounterTiming": "Event", "CounterResolution": "Day"},
        {**OF_KEY, "CounterResolution": "Lifetime", "FromTS": 1},
    ],
)
def test_what_the_documentation_does_not_allow_is_refused(sandbox: Sandbox, get: Get, query: dict[str, Any]) -> None:
    assert get("statcounters", **query).status_code == 400
