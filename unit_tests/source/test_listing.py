"""How a window of many rows is cut: by what its first page tells of when they come."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mailjet_rest.limits import WINDOW_ROWS
from mailjet_rest.listing import plan_pieces
from mailjet_rest.rows import Open
from mailjet_rest.windows import Span

T0 = 1_767_225_600
DAY = 86_400


def page(*seconds: int) -> list[Open]:
    return [Open("7", second, None, None, None, None, None) for second in seconds]


def require_cut(span: Span, begins: int, pieces: list[Span]) -> None:
    """The pieces follow one another up to the window's end, and none is empty."""
    assert (pieces[0][0], pieces[-1][1]) == (begins, span[1])
    assert all(one[1] == other[0] for one, other in pairwise(pieces))
    assert all(since < until for since, until in pieces)


def test_a_burst_is_cut_where_it_is_and_the_rows_before_it_are_not_asked_for_again() -> None:
    """20,000 rows come, ten a second, from noon on; 100 came before."""
    span = (T0, T0 + DAY)
    before, burst = [T0 + 400 * number for number in range(100)], T0 + DAY // 2
    first, pieces = plan_pieces(span, 20_100, page(*before, *(burst + number // 10 for number in range(900))))
    begins = burst + 65
    assert first == 750
    require_cut(span, begins, pieces)
    assert len(pieces) == 4
    assert all(abs((until - since) * 10 - WINDOW_ROWS) < 300 for since, until in pieces[:-1])


def test_rows_in_no_order_tell_only_where_the_first_of_them_is() -> None:
    span = (T0, T0 + DAY)
    first, pieces = plan_pieces(span, 20_000, page(*(T0 + DAY // 2 + 7 * number % 100 for number in range(1000))))
    assert first == 0
    require_cut(span, T0, pieces)
    assert pieces[0] == (T0, T0 + DAY // 2)
    assert len(pieces) == 5


@pytest.mark.parametrize(
    "span, seconds",
    [
        ((T0, T0 + DAY), [T0 + 80 * number for number in range(1000)]),
        ((T0, T0 + DAY), [T0] * 1000),
        ((T0, T0 + DAY), [T0 - DAY + number for number in range(1000)]),
        ((T0, T0 + DAY), [T0 + DAY + number for number in range(1000)]),
        ((T0, T0 + DAY), [0] * 1000),
        ((T0, T0 + 2), [T0] * 500 + [T0 + 1] * 500),
        ((T0, T0 + 3), [T0 + 1] * 1000),
        ((T0, T0 + DAY), [T0 + 1 + number * number % 86_000 for number in range(1000)]),
    ],
)
def test_whatever_the_first_page_holds_the_pieces_are_smaller_than_the_window(span: Span, seconds: list[int]) -> None:
    first, pieces = plan_pieces(span, 40_000, page(*seconds))
    require_cut(span, pieces[0][0], pieces)
    assert (pieces[0][0] > span[0]) == (first > 0)
    assert span not in pieces
