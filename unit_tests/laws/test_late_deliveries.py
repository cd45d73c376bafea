"""What is delivered late comes once, at its time, by whichever clock Mailjet lists it, for few requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from mailjet_sandbox.faults import Fault, calling
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from segment_events.instants import format_instant
from unit_tests.series import cases

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
DELIVERED = "email_delivered"
MOSTLY_LATE = Rates(late=0.6, transactional=1)
HOUR = timedelta(hours=1)
PENDING = ("0", "1", "11")
"""The values of `MessageStatus` that list pending messages."""


def histories(sandbox: Sandbox) -> list[str]:
    return [one.path for one in sandbox.requests if "/messagehistory/" in one.path]


CLOCKS: Mapping[str, Switches] = {
    "ArrivedAt stays": Switches(),
    "ArrivedAt moves": Switches(arrival_moves=True),
    "listed by the delivery": Switches(messages_cut_by="delivery"),
    "and both bounds included": Switches(messages_cut_by="delivery", from_ts_inclusive=True, to_ts_inclusive=True),
}
EACH_CLOCK_AND_PACE = [
    *(("ArrivedAt stays", minutes) for minutes in (23, 26 * 60)),
    *((clock, 61) for clock in CLOCKS),
]


@pytest.mark.parametrize("clock, minutes", cases(product(CLOCKS, [23, 61, 26 * 60]), always=EACH_CLOCK_AND_PACE))
def test_each_delivery_comes_once_by_whichever_clock_it_is_listed(
    read: Any, truth_of: TruthOf, clock: str, minutes: int
) -> None:
    switches = CLOCKS[clock]
    with Sandbox(seed=71, messages=600, days=1, days_ahead=1, rates=MOSTLY_LATE, switches=switches) as sandbox:
        state: list[Any] = []
        times: dict[str, str] = {}
        end = sandbox.now + timedelta(days=6 if minutes > 60 * 24 else 0.6)
        while sandbox.now <= end:
            synced = read(sandbox, state, streams=[DELIVERED])
            assert synced.failed is None
            state = synced.state
            assert not times.keys() & set(synced.ids(DELIVERED))
            times |= {record["id"]: record["timestamp"] for record in synced.records[DELIVERED]}
            sandbox.now += timedelta(minutes=minutes)
        sandbox.now -= timedelta(minutes=minutes)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))[DELIVERED]
    assert times.keys() == truth.keys()
    late = [one for one in truth.values() if one.pending_until]
    assert len(late) > 100
    for one in truth.values():
        arrival = one.at if switches.arrival_moves else one.arrived_at
        assert times[one.id] in {format_instant(one.at), format_instant(arrival)}


def test_a_delivery_takes_the_time_of_its_history_only_where_a_sync_saw_it_wait_an_hour(
    read: Any, truth_of: TruthOf
) -> None:
    with Sandbox(seed=72, messages=1_200, days=2, days_ahead=5, rates=MOSTLY_LATE) as sandbox:
        state: list[Any] = []
        seen_waiting: set[str] = set()
        for _ in range(20):
            sandbox.reset_requests()
            synced = read(sandbox, state, streams=[DELIVERED])
            state = synced.state
            truth = truth_of(sandbox.truth())[DELIVERED]
            asked = {path.rpartition("/")[2] for path in histories(sandbox)}
            emitted = {record["email_id"]: record for record in synced.records[DELIVERED]}
            assert asked == seen_waiting & emitted.keys()
            for message, record in emitted.items():
                one = truth[record["id"]]
                at = one.at if message in seen_waiting else one.arrived_at
                assert record["timestamp"] == format_instant(at)
            seen_waiting |= {
                str(message.id)
                for message in sandbox.account.messages
                if message.arrived_at + 3600 <= sandbox.now.timestamp()
                and message.status_at(int(sandbox.now.timestamp())) in ("unknown", "queued", "deferred")
            }
            sandbox.now += timedelta(hours=5)
    assert len(seen_waiting) > 50


def test_a_newsletter_in_flight_costs_no_history_for_each_message(read: Any, truth_of: TruthOf) -> None:
    rates = Rates(late=1.0, transactional=0)
    with Sandbox(seed=73, messages=8_000, contacts=2_000, days=12, days_ahead=12, rates=rates) as sandbox:
        sending = max(
            (one for one in sandbox.account.campaigns if not one.transactional), key=lambda one: one.send_start_at
        )
        first = min(one.arrived_at for one in sandbox.account.messages if one.campaign.id == sending.id)
        sandbox.now = sandbox.start.fromtimestamp(first + 1_200, sandbox.start.tzinfo)
        start = sandbox.now - HOUR
        state = read(sandbox, streams=[DELIVERED], start=start).state
        sandbox.reset_requests()
        sandbox.now += timedelta(minutes=50)
        synced = read(sandbox, state, streams=[DELIVERED], start=start)
        truth = truth_of(sandbox.truth())[DELIVERED]
        late = [one for one in synced.ids(DELIVERED) if truth[one].pending_until]
        waited = {message.id for message in sandbox.account.messages if message.arrived_at <= start.timestamp()}
        assert len(late) > 100
        assert len(histories(sandbox)) == len({int(path.rpartition("/")[2]) for path in histories(sandbox)} & waited)


def pending_at(events: Iterable[Happened], now: datetime, since: datetime) -> dict[str, Happened]:
    """The deliveries, by message, of what arrived after `since` and was pending at `now`."""
    return {
        event.email_id: event for event in events if event.pending_until and since < event.arrived_at < now < event.at
    }


def at(sandbox: Sandbox, now: datetime, by_status: str | None = None, times: int | None = None) -> Fault:
    """Requests for messages (those filtered by a status) are answered as of `now`."""
    query = {} if by_status is None else {"MessageStatus": by_status}
    return Fault("message", calling(lambda: setattr(sandbox, "now", now)), times=times, query=query)


def test_a_delivery_during_the_sync_takes_the_arrival_that_its_message_shows_in_the_end(
    read: Any, truth_of: TruthOf
) -> None:
    """The window still lists the message as pending; a moment later it is delivered, and its `ArrivedAt` has moved."""
    switches = Switches(arrival_moves=True)
    with Sandbox(seed=74, messages=9_000, days=1, days_ahead=1, rates=MOSTLY_LATE, switches=switches) as sandbox:
        before, after = sandbox.now, sandbox.now + HOUR / 2
        first = read(sandbox, streams=[DELIVERED])
        sandbox.now = after
        sandbox.set_faults(at(sandbox, before, times=1), *[at(sandbox, after, status) for status in PENDING])
        second = read(sandbox, first.state, streams=[DELIVERED])
        truth = truth_of(sandbox.truth())[DELIVERED]
        times = {record["email_id"]: record["timestamp"] for record in second.records[DELIVERED]}
    fresh = pending_at(truth.values(), before, before - HOUR)
    assert second.failed is None
    assert len(fresh.keys() & times.keys()) > 5
    for email_id in fresh.keys() & times.keys():
        assert times[email_id] == format_instant(fresh[email_id].at)


def test_a_message_that_only_the_last_look_shows_as_pending_has_waited(read: Any, truth_of: TruthOf) -> None:
    """The listings by status lack the message, as if it were delivered; asked for by itself, it is still pending."""
    with Sandbox(seed=75, messages=9_000, days=1, days_ahead=1, rates=MOSTLY_LATE) as sandbox:
        start, later, delivered = sandbox.now, sandbox.now + HOUR, sandbox.now + 24 * HOUR
        first = read(sandbox, streams=[DELIVERED])
        sandbox.now = later
        sandbox.set_faults(*[at(sandbox, delivered, status) for status in PENDING], at(sandbox, later))
        second = read(sandbox, first.state, streams=[DELIVERED])
        sandbox.set_faults()
        sandbox.now = delivered
        third = read(sandbox, second.state, streams=[DELIVERED])
        truth = truth_of(sandbox.truth())[DELIVERED]
        times = {record["email_id"]: record["timestamp"] for record in third.records[DELIVERED]}
    fresh = pending_at(truth.values(), start, start - HOUR)
    waited = {email_id: event for email_id, event in fresh.items() if event.at > later}
    assert second.failed is None
    assert len(waited) > 5
    assert {email_id: times.get(email_id) for email_id in waited} == {
        email_id: format_instant(event.at) for email_id, event in waited.items()
    }
