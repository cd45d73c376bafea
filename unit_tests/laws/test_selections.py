"""Fewer streams never cost more requests than all of them, plus one for each 1,000 messages of the period read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailjet_rest.client import Patience
from mailjet_sandbox.clock import DEFAULT_NOW
from mailjet_sandbox.computed_account import ComputedAccount, newsletter_account
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.conftest import SEGMENT_STREAMS, Reader

SELECTIONS: Sequence[Sequence[str]] = [
    *([stream] for stream in SEGMENT_STREAMS),
    ["email_opened", "email_bounced"],
    [stream for stream in SEGMENT_STREAMS if stream not in ("email_delivered", "tracks")],
]
READ = Reader(patience=Patience())
"""Patient: a request that is asked again because a machine is busy is none of these."""


def alerts() -> Sandbox:
    """5,000 messages to three people, of which a tenth bounces."""
    start = int((DEFAULT_NOW - timedelta(days=20)).timestamp())
    return Sandbox(account=ComputedAccount(1, start, 22, 3, 0, 250, Rates(bounced=0.1, late=0.02)))


ACCOUNTS: Mapping[str, Callable[[], Sandbox]] = {
    "a few messages": partial(Sandbox, messages=150, days=6, days_ahead=2),
    "newsletters": lambda: Sandbox(account=newsletter_account(9_000, days=20)),
    "alerts to few": alerts,
}


def thousands(sandbox: Sandbox) -> int:
    """How many thousands of messages were sent so far."""
    until = int(sandbox.now.timestamp())
    return -(-sum(message.arrived_at < until for message in sandbox.account.messages) // 1_000)


def cost_of(sandbox: Sandbox, streams: Sequence[str] = SEGMENT_STREAMS, state: Any = ()) -> tuple[int, Any]:
    """How many requests a sync took, and its last state of each stream."""
    sandbox.reset_requests()
    synced = READ(sandbox, state, streams=streams)
    assert not synced.errors
    return sandbox.request_count, synced.states


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_first_sync_of_fewer_streams_costs_no_more(name: str) -> None:
    with ACCOUNTS[name]() as sandbox:
        bound = cost_of(sandbox)[0] + thousands(sandbox)
        costs = {" ".join(streams): cost_of(sandbox, streams)[0] for streams in SELECTIONS}
    assert {streams: cost for streams, cost in costs.items() if cost > bound} == {}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_cleared_stream_costs_no_more_than_a_first_sync_beside_one_with_nothing_new(name: str) -> None:
    with ACCOUNTS[name]() as sandbox:
        first, states = cost_of(sandbox)
        quiet, _ = cost_of(sandbox, state=list(states.values()))
        for cleared in ("email_opened", "email_bounced"):
            left = [state for stream, state in states.items() if stream != cleared]
            assert cost_of(sandbox, state=left)[0] <= first + quiet + thousands(sandbox)


@pytest.mark.parametrize("name", ["newsletters", "alerts to few"])
def test_a_first_sync_that_goes_on_after_its_deliveries_costs_no_more_than_a_whole_one(name: str) -> None:
    with ACCOUNTS[name]() as sandbox:
        first, states = cost_of(sandbox)
        delivered = states["email_delivered"]
        others = [stream for stream in SEGMENT_STREAMS if stream != "tracks"]
        assert cost_of(sandbox, others, [delivered])[0] <= first + thousands(sandbox)


rates = st.builds(
    Rates,
    opened=st.sampled_from([0, 0.5, 2]),
    clicked=st.sampled_from([0, 0.1, 1]),
    bounced=st.sampled_from([0, 0.2]),
    late=st.sampled_from([0, 0.3]),
    unsubscribed=st.sampled_from([0, 0.1]),
    transactional=st.sampled_from([0, 0.4, 1]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(1, 1_000),
    messages=st.sampled_from([20, 300, 1_500]),
    days=st.sampled_from([0.3, 3, 30]),
    contacts=st.sampled_from([3, 100, 1_000]),
    rates=rates,
    streams=st.sets(st.sampled_from(SEGMENT_STREAMS), min_size=1, max_size=5),
)
def test_fewer_streams_cost_no_more_in_any_account(
    seed: int, messages: int, days: float, contacts: int, rates: Rates, streams: set[str]
) -> None:
    with Sandbox(seed=seed, messages=messages, days=days, contacts=contacts, rates=rates) as sandbox:
        assert cost_of(sandbox, sorted(streams))[0] <= cost_of(sandbox)[0] + thousands(sandbox)
