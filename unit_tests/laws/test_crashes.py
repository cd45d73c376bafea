"""A crash at any moment, then a resume from the last STATE that was printed, loses nothing and makes up nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.conftest import SEGMENT_STREAMS
from unit_tests.series import seeds

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
MANY_OF_ALL = Rates(late=0.05, unsubscribed=0.02, spam=0.01, bounced=0.05)


@pytest.mark.parametrize("seed", seeds(12, always=2))
def test_stopped_after_any_message_and_resumed_a_sync_is_whole(read: Any, truth_of: TruthOf, seed: int) -> None:
    rng = random.Random(seed)
    with Sandbox(seed=41, messages=300, rates=MANY_OF_ALL, days_ahead=2) as sandbox:
        first = read(sandbox)
        sandbox.now += timedelta(days=2)
        emitted = {stream: set(first.ids(stream)) for stream in SEGMENT_STREAMS}
        state = first.states
        for _ in range(3):
            stopped = read(sandbox, list(state.values()), until=rng.randrange(1, 250), num_workers=rng.randrange(1, 9))
            state = {**state, **stopped.states}
            for stream in SEGMENT_STREAMS:
                emitted[stream] |= set(stopped.ids(stream))
        last = read(sandbox, list(state.values()))
        for stream in SEGMENT_STREAMS:
            emitted[stream] |= set(last.ids(stream))
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    for stream, ids in truth.items():
        assert not set(ids) - emitted[stream]
    assert emitted["tracks"] == set().union(*(emitted[stream] for stream in truth))


@pytest.mark.parametrize("seed", seeds(6, always=1))
def test_a_first_sync_stopped_again_and_again_is_whole(read: Any, truth_of: TruthOf, seed: int) -> None:
    rng = random.Random(seed)
    with Sandbox(seed=42, messages=12_000, hard_cases=False) as sandbox:
        emitted: dict[str, set[str]] = {stream: set() for stream in SEGMENT_STREAMS}
        state: dict[str, Any] = {}
        stops = [rng.randrange(1, 20_000) for _ in range(3)]
        for until in [*stops, None]:
            synced = read(sandbox, list(state.values()), until=until)
            state = {**state, **synced.states}
            for stream in SEGMENT_STREAMS:
                emitted[stream] |= set(synced.ids(stream))
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
        again = read(sandbox, list(state.values()))
    for stream, ids in truth.items():
        assert emitted[stream] == set(ids)
    assert again.count == 0


def test_windows_that_were_closed_are_not_read_again(read: Any) -> None:
    with Sandbox(seed=43, messages=20_000, hard_cases=False) as sandbox:
        whole = read(sandbox, streams=["email_delivered"])
        stopped = read(sandbox, streams=["email_delivered"], until=15_000, num_workers=1)
        resumed = read(sandbox, stopped.state, streams=["email_delivered"])
    assert stopped.states
    assert resumed.count < whole.count * 0.8
    assert set(stopped.ids("email_delivered")) | set(resumed.ids("email_delivered")) == set(
        whole.ids("email_delivered")
    )


def test_a_pending_message_is_kept_when_the_look_at_it_fails(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=44, messages=400, days=5, rates=MANY_OF_ALL) as sandbox:
        first = read(sandbox, streams=["email_delivered"])
        sandbox.now += timedelta(days=6)
        broken_look = Fault("messagehistory", status(500), times=None)
        sandbox.set_faults(broken_look)
        failed = read(sandbox, first.state, streams=["email_delivered"])
        assert failed.statuses == {"email_delivered": "INCOMPLETE"}
        sandbox.set_faults()
        mended = read(sandbox, failed.state, streams=["email_delivered"])
        truth = truth_of(sandbox.truth())["email_delivered"]
    late = set(truth) - set(first.ids("email_delivered"))
    assert late
    assert late <= set(failed.ids("email_delivered")) | set(mended.ids("email_delivered"))
