"""What a listing asks for next, step by step, without a server."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailjet_rest.limits import FEWEST, LIMIT, SMALLER_LIMITS
from mailjet_rest.paging import AmbiguousListingError, Ask, AskCount, Done, Give, Paging, ShortListingError, Step, Wrong

FULL = [*range(LIMIT)]


def steps(
    paging: Paging[int], rows: list[int], page_rows: int = LIMIT, count: int | None = None
) -> tuple[list[Step[int]], list[int]]:
    """All steps over a listing that a server gives `page_rows` at a time, and the rows that were given."""
    taken: list[Step[int]] = [paging.take(rows[:page_rows])]
    given_rows: list[int] = []
    while not isinstance(taken[-1], Done | Wrong):
        match taken[-1]:
            case Give(page):
                given_rows += page
                taken.append(paging.go_on())
            case AskCount():
                taken.append(paging.take_count(len(rows) if count is None else count))
            case Ask(offset):
                taken.append(paging.take(rows[offset : offset + page_rows]))
    return taken, given_rows


def test_a_short_page_is_the_last_and_costs_nothing_more() -> None:
    assert steps(Paging("message", None, True), [*range(7)]) == ([Give([*range(7)]), Done()], [*range(7)])


def test_a_full_page_is_followed_by_the_one_after_it() -> None:
    taken, _ = steps(Paging("message", None, True), [*range(LIMIT + 7)])
    assert taken == [Give(FULL), Ask(LIMIT), Give([*range(LIMIT, LIMIT + 7)]), Done()]


@pytest.mark.parametrize("length", sorted(SMALLER_LIMITS))
def test_a_page_as_long_as_a_smaller_limit_is_counted_before_it_is_given(length: int) -> None:
    page = [*range(length)]
    assert steps(Paging("message", None, True), page)[0] == [AskCount(), Give(page), Done()]


def test_a_page_that_came_before_is_counted_and_never_given_twice() -> None:
    paging = Paging[int]("message", None, True)
    assert paging.take(FULL) == Give(FULL)
    assert paging.go_on() == Ask(LIMIT)
    assert paging.take(FULL) == AskCount()
    wrong = paging.take_count(3 * LIMIT)
    assert isinstance(wrong, Wrong)
    assert "same page twice" in str(wrong.error)


def test_a_row_on_two_pages_is_asked_for_again_from_one_row_earlier() -> None:
    paging = Paging[int]("openinformation", 2 * LIMIT, False)
    page = [FULL[-1], *range(LIMIT, 2 * LIMIT - 1)]
    assert (paging.take(FULL), paging.go_on(), paging.take(page)) == (Give(FULL), Ask(LIMIT), Ask(LIMIT - 1))
    assert paging.take([FULL[-1], *page]) == Give(page), "the overlapping row shows that nothing has shifted"


def test_a_listing_that_has_shifted_gives_all_its_rows_and_is_wrong_then() -> None:
    paging = Paging[int]("openinformation", LIMIT + FEWEST - 1, False)
    page = [*range(LIMIT - 1, LIMIT + FEWEST - 2)]
    assert (paging.take(FULL), paging.go_on(), paging.take(page)) == (Give(FULL), Ask(LIMIT), Ask(LIMIT - 1))
    assert paging.take([FULL[-2], *page]) == Give(page)
    wrong = paging.go_on()
    assert isinstance(wrong, Wrong)
    assert isinstance(wrong.error, AmbiguousListingError)


@given(total=st.integers(0, 5000), page_rows=st.sampled_from([*SMALLER_LIMITS, LIMIT]), is_counted=st.booleans())
def test_every_row_is_given_once_however_long_the_pages_are(total: int, page_rows: int, is_counted: bool) -> None:
    rows = [*range(total)]
    taken, given_rows = steps(Paging("message", total if is_counted else None, True), rows, page_rows)
    assert given_rows == rows
    assert taken[-1] == Done()
    offsets = [step.offset for step in taken if isinstance(step, Ask)]
    assert all(after - before == page_rows for before, after in pairwise(offsets))
    assert sum(isinstance(step, AskCount) for step in taken) <= (not is_counted)


@given(total=st.integers(0, 3000), missing=st.integers(1, 50))
def test_a_listing_that_misses_its_count_is_wrong(total: int, missing: int) -> None:
    taken, given_rows = steps(Paging("message", total + missing, True), [*range(total)])
    assert len(given_rows) == total
    assert isinstance(taken[-1], Wrong)
    assert type(taken[-1].error) is ShortListingError
