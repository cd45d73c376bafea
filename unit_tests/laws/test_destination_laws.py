"""What holds of the destination for any sizes and any order of completion."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from destination_segment.states import States
from segment_api.acknowledgement import Acknowledgement
from segment_api.limits import MAX_BATCH_BYTES, MAX_BATCH_CALLS, MAX_CALL_BYTES
from segment_api.packer import Batch, Packer


def batches_of(calls: list[bytes]) -> list[Batch]:
    packer = Packer(lambda: 0.0)
    filled = [packer.add(call) for call in calls]
    return [batch for batch in [*filled, packer.seal()] if batch]


def call(chance: random.Random, size: int) -> bytes:
    return b"%d" % chance.randrange(10**size)


@pytest.mark.parametrize("seed", range(20))
def test_bytes_never_pass_the_limit_and_no_call_is_lost_or_moved(seed: int) -> None:
    chance = random.Random(seed)
    largest = chance.choice([20, 200, 2_000])
    calls = [call(chance, chance.randint(1, largest)) for _ in range(4_000)]
    batches = batches_of(calls)
    bodies = [bytes(batch.body(0, len(batch.ends))) for batch in batches]
    assert all(len(body) <= MAX_BATCH_BYTES for body in bodies)
    assert all(len(batch.ends) <= MAX_BATCH_CALLS for batch in batches)
    sent = b",".join(body.removeprefix(b'{"batch":[').removesuffix(b"]}") for body in bodies)
    assert sent == b",".join(calls)
    assert [batch.stop for batch in batches[:-1]] == [batch.start for batch in batches[1:]]


@pytest.mark.parametrize("seed", range(20))
def test_a_batch_is_only_closed_for_a_call_that_did_not_fit(seed: int) -> None:
    chance = random.Random(seed)
    batches = batches_of([b"x" * chance.randint(1, MAX_CALL_BYTES) for _ in range(500)])
    for batch, following in itertools.pairwise(batches):
        assert len(batch.body(0, len(batch.ends))) + 1 + len(following.call(0)) > MAX_BATCH_BYTES


@pytest.mark.parametrize("seed", range(50))
def test_states_come_back_in_order_and_never_early_whatever_the_order_of_completion(seed: int) -> None:
    chance = random.Random(seed)
    cuts = sorted({0, *(chance.randint(1, 1_000) for _ in range(30)), 1_000})
    positions = sorted(chance.randint(0, 1_000) for _ in range(40))
    settled, states = Acknowledgement(), States()
    for number, position in enumerate(positions):
        states.hold(b'{"type":"STATE","state":{"id":%d}}' % number, position)
    done: set[int] = set()
    echoed: list[int] = []
    stretches = list(itertools.pairwise(cuts))
    chance.shuffle(stretches)
    for start, stop in stretches:
        settled.settle(start, stop)
        done.update(range(start, stop))
        for line in states.release(settled.upto):
            echoed.append(json.loads(line)["state"]["id"])
            assert done.issuperset(range(positions[echoed[-1]]))
        covered = sum(done.issuperset(range(position)) for position in positions)
        assert len(echoed) == covered
    assert echoed == list(range(len(positions)))
