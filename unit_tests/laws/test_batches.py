"""Calls into batches: whatever their sizes and whenever a batch is closed, all travel, in order, within the limits."""

from __future__ import annotations

from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from segment_api.packer import Batch, Packer

SEAL, SETTLE = -1, -2
"""Among sizes: a batch that is closed before it is full, as by the clock; the oldest waiting one is settled."""
SIZE = st.integers(2, 12) | st.integers(30, 90) | st.integers(1, 400)
SIZES = st.lists(SIZE | st.just(SEAL) | st.just(SETTLE), max_size=80)
MAX_BYTES = st.integers(412, 600)
"""Room for the largest call, and for so many small ones that the commas between them count."""


def call(number: int, size: int) -> bytes:
    """The number as JSON, with as many spaces after it as make the size, but for the shortest."""
    return b"%d" % number + b" " * (size - len(str(number)))


def require_whole(batch: Batch, calls: list[bytes], max_bytes: int, max_calls: int) -> None:
    """A batch holds its calls, all of them in order, as a whole and when it is cut in two."""
    count = len(batch.ends)
    own = calls[batch.start : batch.stop]
    assert 1 <= count == len(own) <= max_calls
    assert [batch.call(number) for number in range(count)] == own
    assert len(batch.body(0, count)) <= max_bytes
    numbers = list(range(batch.start, batch.stop))
    assert orjson.loads(batch.body(0, count))["batch"] == numbers
    for cut in range(1, count):
        parts = [orjson.loads(batch.body(*part))["batch"] for part in ((0, cut), (cut, count))]
        assert parts == [numbers[:cut], numbers[cut:]]


@given(SIZES, MAX_BYTES, st.integers(1, 60))
def test_all_calls_travel_in_order_within_the_limits(sizes: list[int], max_bytes: int, max_calls: int) -> None:
    packer = Packer(lambda: 0.0, max_bytes, max_calls)
    calls: list[bytes] = []
    closed: list[Batch] = []
    settled = 0

    def close(batch: Batch | None) -> None:
        if batch:
            closed.append(batch)

    def settle() -> None:
        require_whole(closed[settled], calls, max_bytes, max_calls)
        packer.reuse(closed[settled])

    for size in sizes:
        if size == SEAL:
            close(packer.seal())
        elif size == SETTLE:
            if settled < len(closed):
                settle()
                settled += 1
        else:
            calls.append(call(len(calls), size))
            close(packer.add(calls[-1]))
        assert packer.position == len(calls)
        assert (packer.open_since is None) == (sum(len(one.ends) for one in closed) == len(calls))
    close(packer.seal())
    while settled < len(closed):
        settle()
        settled += 1
    assert [batch.start for batch in closed] == [0, *(batch.stop for batch in closed)][: len(closed)]
    assert sum(len(batch.ends) for batch in closed) == packer.position == len(calls)


@given(st.lists(SIZE, min_size=10, max_size=80), MAX_BYTES, st.integers(1, 60))
def test_a_batch_that_is_full_has_no_room_for_the_next_call(sizes: list[int], max_bytes: int, max_calls: int) -> None:
    packer = Packer(lambda: 0.0, max_bytes, max_calls)
    filled = [packer.add(call(number, size)) for number, size in enumerate(sizes)]
    for batch, following in pairwise([batch for batch in [*filled, packer.seal()] if batch]):
        count = len(batch.ends)
        together = len(batch.body(0, count)) + len(b",") + len(following.call(0))
        assert count + 1 > max_calls or together > max_bytes
