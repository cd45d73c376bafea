"""The arithmetic of windows, held against sets of seconds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mailjet_rest.windows import Span, contains, merge, split, subtract

SECONDS = st.integers(0, 60)
SPANS = st.lists(st.tuples(SECONDS, SECONDS), max_size=8)
"""Some of them empty or the wrong way round: nothing is in those."""


def seconds_of(spans: Iterable[Span]) -> set[int]:
    return {second for since, until in spans for second in range(since, until)}


def is_merged(spans: list[Span]) -> bool:
    return all(since < until for since, until in spans) and all(one[1] < next_[0] for one, next_ in pairwise(spans))


@given(SPANS)
def test_merging_keeps_the_seconds_in_disjoint_spans_in_order(spans: list[Span]) -> None:
    merged = merge(spans)
    assert seconds_of(merged) == seconds_of(spans)
    assert is_merged(merged)
    assert merge(merged) == merge(reversed(spans)) == merged


@given(SPANS, SPANS)
def test_subtracting_takes_the_seconds_of_the_holes_and_no_others(spans: list[Span], holes: list[Span]) -> None:
    left = subtract(spans, holes)
    assert seconds_of(left) == seconds_of(spans) - seconds_of(holes)
    assert is_merged(left)
    assert merge([*left, *subtract(spans, left)]) == merge(spans)


@given(SPANS, st.integers(-5, 65))
def test_a_second_is_contained_where_one_of_the_spans_has_it(spans: list[Span], second: int) -> None:
    assert contains(merge(spans), second) == (second in seconds_of(spans))


@given(st.integers(0, 2**32), st.integers(1, 10**7), st.integers(-3, 500))
def test_the_pieces_of_a_split_join_to_the_span_and_are_of_one_length_but_for_a_second(
    since: int, length: int, parts: int
) -> None:
    pieces = split((since, since + length), parts)
    assert (pieces[0][0], pieces[-1][1]) == (since, since + length)
    assert all(one[1] == next_[0] for one, next_ in pairwise(pieces))
    lengths = {until - since for since, until in pieces}
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1
    assert len(pieces) == max(1, min(parts, length))
