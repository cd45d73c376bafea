"""Batches: weighed before adding, in order, complete."""

from __future__ import annotations

from itertools import count

from segment_api.packer import EMPTY_BODY, Batch, Packer


def call(size: int) -> bytes:
    return b"x" * size


def packer(max_bytes: int = 500_000, max_calls: int = 2_500) -> Packer:
    return Packer(lambda: 7.0, max_bytes, max_calls)


def body_of(batch: Batch | None) -> bytes:
    assert batch is not None
    return bytes(batch.body(0, len(batch.ends)))


def test_a_batch_may_be_exactly_as_large_as_the_limit() -> None:
    filling = packer(max_bytes=12 + 10 + 1 + 5)
    assert filling.add(call(10)) is None
    assert filling.add(call(5)) is None
    assert len(body_of(filling.add(call(1)))) == 28


def test_a_call_that_would_make_it_too_heavy_opens_the_next_batch() -> None:
    filling = packer(max_bytes=12 + 10 + 1 + 5 - 1)
    assert filling.add(call(10)) is None
    full = filling.add(call(5))
    assert full is not None
    assert (full.start, full.stop) == (0, 1)
    assert body_of(full) == b'{"batch":[xxxxxxxxxx]}'
    last = filling.seal()
    assert last is not None
    assert (last.start, last.stop) == (1, 2)
    assert body_of(last) == b'{"batch":[xxxxx]}'


def test_a_batch_holds_2500_calls_and_no_more() -> None:
    filling = packer()
    assert all(filling.add(call(1)) is None for _ in range(2_500))
    full = filling.add(call(1))
    assert full is not None
    assert len(full.ends) == 2_500


def test_position_counts_all_calls_and_an_empty_packer_has_no_batch() -> None:
    filling = packer(max_calls=2)
    for _ in range(3):
        filling.add(call(1))
    assert filling.position == 3
    last = filling.seal()
    assert last is not None
    assert last.start == 2
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


def test_a_body_is_json_with_the_calls_in_order_and_so_is_one_of_some_of_them() -> None:
    filling = packer()
    for text in (b"1", b'"two"', b"3"):
        filling.add(text)
    batch = filling.seal()
    assert EMPTY_BODY == b'{"batch":[]}'
    assert body_of(batch) == b'{"batch":[1,"two",3]}'
    assert batch is not None
    assert batch.body(0, 2) == b'{"batch":[1,"two"]}'
    assert batch.body(1, 3) == b'{"batch":["two",3]}'
    assert batch.call(1) == b'"two"'


def test_memory_of_a_settled_batch_holds_the_next_one_and_of_a_waiting_one_is_left_alone() -> None:
    filling = packer(max_calls=1)
    filling.add(b"1111")
    first, second = filling.add(b"2222"), filling.add(b"3")
    assert first is not None
    filling.reuse(first)
    third, fourth = filling.add(b"44"), filling.seal()
    assert fourth is not None
    assert fourth.memory is first.memory
    assert [body_of(each)[10:-2] for each in (second, third, fourth)] == [b"2222", b"3", b"44"]
