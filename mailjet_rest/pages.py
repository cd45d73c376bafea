"""Listings page by page, as Mailjet's paging really is.

`Count` and `Total` are the rows of the page; a page shorter than asked for is the last one, unless it has a length that
smaller limits have (users met ten rows, the default, in answer to larger limits); a page may come again for every
offset. So a listing that looks wrong is counted, and one that misses its count is an error, never a short success.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from mailjet_rest.client import Mailjet, Params
from mailjet_rest.errors import MailjetError
from mailjet_rest.limits import FEWEST, LIMIT, SMALLER_LIMITS
from mailjet_rest.outcome import Row

R = TypeVar("R", bound=Hashable)


class ShortListingError(MailjetError):
    """A listing that gave fewer rows than it counts."""


class AmbiguousListingError(ShortListingError):
    """A listing that gave all the rows it counts, of which some may be the same: raised when all were given."""


def may_be_cut_off(rows: int) -> bool:
    """Whether a page of so many rows, fewer than were asked for, may be as long as the server gives any."""
    return rows in SMALLER_LIMITS


def missing_rows(path: str, listed: int, count: int) -> ShortListingError:
    """The error of a listing that gave fewer rows than it counts."""
    return ShortListingError(
        f"Mailjet's '{path}' gave {listed} of the {count} rows that it counts: start the sync again later."
    )


def first_page(api: Mailjet, path: str, params: Params, parse: Callable[[Row], R]) -> list[R]:
    """The first rows of a listing, up to `LIMIT`."""
    return api.rows(path, {**params, "Limit": LIMIT}, parse)


def further_pages(
    api: Mailjet,
    path: str,
    params: Params,
    parse: Callable[[Row], R],
    page: list[R],
    count: int | None = None,
    rows_differ: bool = True,
) -> Iterator[list[R]]:
    """`page`, which is the first, and all that follow it, each of as many rows as the server gives.

    `count`: how many rows there are, where that is known; `rows_differ`: no two of them are alike. Raises
    `ShortListingError` where rows are missing in the end, and where as many came as were counted, but some of them
    twice: rows shift when the set changes under an offset. Where rows may be alike, a page with one that came before is
    asked for again from one row earlier: if that is the last row of the page before, nothing has shifted; else raises
    `AmbiguousListingError`, as that they are two, and none was skipped for them, cannot be told.
    """
    got = 0
    before: set[int] = set()
    distinct: set[int] = set()  # of hashes: the rows of ten pages, for each worker, take too much
    came_again = is_in_place = False
    while True:
        marks = set(map(hash, page))
        repeats = bool(page) and not is_in_place and marks <= before
        if (repeats or may_be_cut_off(len(page))) and count is None:
            count = api.count(path, params)
            rows_differ = rows_differ and got == 0  # else what came before was not kept to compare with
        if repeats and count is not None and got + len(page) != count:
            raise ShortListingError(f"Mailjet's '{path}' gave the same page twice: start the sync again later.")
        yield page
        got += len(page)
        if count is not None:
            came_again = came_again or not (is_in_place or distinct.isdisjoint(marks))
            distinct.update(marks)
        if len(page) < FEWEST or (len(page) < LIMIT and (count is None or got >= count)):
            break
        before, last = marks, page[-1]
        page = api.rows(path, {**params, "Limit": LIMIT, "Offset": got}, parse)
        is_in_place = False
        if not rows_differ and not distinct.isdisjoint(map(hash, page)):
            overlapping = api.rows(path, {**params, "Limit": LIMIT, "Offset": got - 1}, parse)
            is_in_place = overlapping[:1] == [last]
            page = overlapping[1:] if is_in_place else page
    listed = len(distinct) if rows_differ else got
    if count is not None and listed < count:
        raise missing_rows(path, listed, count)
    if came_again and not rows_differ:
        raise AmbiguousListingError(f"Mailjet's '{path}' gave a row on two pages: start the sync again later.")


def all_pages(api: Mailjet, path: str, params: Params, parse: Callable[[Row], R]) -> Iterator[list[R]]:
    """All pages of a listing; raises as `further_pages` does."""
    yield from further_pages(api, path, params, parse, first_page(api, path, params, parse))
