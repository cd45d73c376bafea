"""Calls into batches: whatever their sizes and whenever a batch is closed, all travel, in order, within the limits."""

from __future__ import annotations

from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from destination_segment.call import Call
from destination_segment.packer import Batch, Packer, to_body

SEAL = -1
"""Among sizes: a batch that is closed before it is full, as by the clock."""
SIZE = st.integers(2, 12) | st.integers(30, 90) | st.integers(1, 400)
SIZES = st.lists(SIZE | st.just(SEAL), max_size=80)
MAX_BYTES = st.integers(412, 600)
"""Room for the largest call, and for so many small ones that the commas between them count."""


def call(number: int, size: int) -> Call:
    """A call whose JSON has as many bytes, but for the shortest, which hold no number less than 3."""
    return Call(f"m-{number}", orjson.dumps("x" * max(0, size - 2)))


@given(SIZES, MAX_BYTES, st.integers(1, 60))
def test_all_calls_travel_in_order_within_the_limits(sizes: list[int], max_bytes: int, max_calls: int) -> None:
    packer = Packer(lambda: 0.0, max_bytes, max_calls)
    calls: list[Call] = []
    closed: list[Batch | None] = []
    for number, size in enumerate(sizes):
        if size == SEAL:
            closed.append(packer.seal())
        else:
            calls.append(call(number, size))
            closed.append(packer.add(calls[-1]))
        assert packer.position == len(calls)
        assert (packer.open_since is None) == (sum(len(one.calls) for one in closed if one) == len(calls))
    batches = [batch for batch in [*closed, packer.seal()] if batch]
    assert [one for batch in batches for one in batch.calls] == calls
    assert [batch.start for batch in batches] == [0, *(batch.stop for batch in batches)][: len(batches)]
    for batch in batches:
        assert 1 <= len(batch.calls) <= max_calls
        assert len(to_body(batch.calls)) <= max_bytes
        assert len(orjson.loads(to_body(batch.calls))["batch"]) == len(batch.calls)


@given(st.lists(SIZE, min_size=10, max_size=80), MAX_BYTES, st.integers(1, 60))
def test_a_batch_that_is_full_has_no_room_for_the_next_call(sizes: list[int], max_bytes: int, max_calls: int) -> None:
    packer = Packer(lambda: 0.0, max_bytes, max_calls)
    filled = [packer.add(call(number, size)) for number, size in enumerate(sizes)]
    for batch, following in pairwise([batch for batch in [*filled, packer.seal()] if batch]):
        together = (*batch.calls, following.calls[0])
        assert len(together) > max_calls or len(to_body(together)) > max_bytes
