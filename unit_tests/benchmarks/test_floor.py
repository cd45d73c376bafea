"""The fewest requests that could tell of a window: what is counted, and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lab.benchmarks.floor import Floor
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def event_of() -> dict[str, Happened]:
    """An event of each kind that REST tells of, each of a message that never waited."""
    told = [each for each in Sandbox(messages=2_000).truth() if not each.beyond_rest]
    return {each.kind: replace(each, pending_until=None) for each in told}


def floor(happened: Iterable[Happened], since: datetime) -> dict[str, int]:
    counted = Floor(since)
    for each in happened:
        counted.add(each)
    return counted.requests()


def test_an_empty_window_still_needs_a_look_at_what_can_show_up_late(event_of: dict[str, Happened]) -> None:
    looks = {"complained messages": 1, "pending messages": 1, "unsubscribed messages": 1}
    assert floor([], event_of["delivered"].at) == {**looks, "histories": 0, "properties": 1}


def test_a_thousand_rows_are_one_request_and_one_more_is_two(event_of: dict[str, Happened]) -> None:
    opens = [replace(event_of["opened"], at=event_of["opened"].at + timedelta(seconds=at)) for at in range(1_001)]
    assert floor(opens[:1_000], event_of["opened"].at)["opened"] == 1
    assert floor(opens, event_of["opened"].at)["opened"] == 2


def test_messages_are_listed_once_for_their_delivery_and_their_opens(event_of: dict[str, Happened]) -> None:
    delivered = replace(event_of["delivered"], email_id=event_of["opened"].email_id)
    assert "messages of other events" in floor([event_of["opened"]], delivered.at)
    assert "messages of other events" not in floor([event_of["opened"], delivered], delivered.at)


def test_an_unsubscribe_and_a_complaint_of_one_message_share_its_history(event_of: dict[str, Happened]) -> None:
    spam = replace(event_of["spam"], email_id=event_of["unsubscribed"].email_id)
    assert floor([event_of["unsubscribed"], spam], spam.at)["histories"] == 1
    assert floor([event_of["unsubscribed"], event_of["spam"]], spam.at)["histories"] == 2


def test_a_late_delivery_needs_its_history_only_where_it_was_seen_pending(event_of: dict[str, Happened]) -> None:
    late = replace(event_of["delivered"], pending_until=event_of["delivered"].at, arrived_at=event_of["delivered"].at)
    assert floor([late], late.at + timedelta(hours=1))["histories"] == 1
    assert floor([late], late.at - timedelta(hours=1))["histories"] == 0


def test_what_rest_cannot_tell_of_needs_no_request(event_of: dict[str, Happened]) -> None:
    overwritten = replace(event_of["unsubscribed"], beyond_rest=True)
    assert floor([overwritten], overwritten.at) == floor([], overwritten.at)
