"""Batches: weighed before adding, in order, complete."""

from __future__ import annotations

from itertools import count

from destination_segment.call import Call
from destination_segment.packer import Batch, Packer, to_body


def call(size: int) -> Call:
    return Call("m", b"x" * size)


def packer(max_bytes: int = 500_000, max_calls: int = 2_500) -> Packer:
    return Packer(lambda: 7.0, max_bytes, max_calls)


def test_a_batch_may_be_exactly_as_large_as_the_limit() -> None:
    filling = packer(max_bytes=12 + 10 + 1 + 5)
    assert filling.add(call(10)) is None
    assert filling.add(call(5)) is None
    full = filling.add(call(1))
    assert full is not None
    assert len(to_body(full.calls)) == 28


def test_a_call_that_would_make_it_too_heavy_opens_the_next_batch() -> None:
    filling = packer(max_bytes=12 + 10 + 1 + 5 - 1)
    assert filling.add(call(10)) is None
    full = filling.add(call(5))
    assert full is not None
    assert (full.start, full.stop) == (0, 1)
    assert filling.seal() == Batch(1, (call(5),))


def test_a_batch_holds_2500_calls_and_no_more() -> None:
    filling = packer()
    assert all(filling.add(call(1)) is None for _ in range(2_500))
    full = filling.add(call(1))
    assert full is not None
    assert len(full.calls) == 2_500


def test_position_counts_all_calls_and_an_empty_packer_has_no_batch() -> None:
    filling = packer(max_calls=2)
    for _ in range(3):
        filling.add(call(1))
    assert filling.position == 3
    assert filling.seal() == Batch(2, (call(1),))
    assert filling.seal() is None
    assert filling.position == 3


def test_a_batch_is_as_old_as_its_first_call() -> None:
    ticks = count(1.0)
    filling = Packer(lambda: next(ticks), max_calls=2)
    ages = [filling.open_since]
    for _ in range(3):
        filling.add(call(1))
        ages.append(filling.open_since)
    filling.seal()
    assert [*ages, filling.open_since] == [None, 1.0, 1.0, 2.0, None]


def test_a_body_is_json_with_the_calls_in_order() -> None:
    assert to_body(()) == b'{"batch":[]}'
    assert to_body((Call("a", b"1"), Call("b", b"2"))) == b'{"batch":[1,2]}'
