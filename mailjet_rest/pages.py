"""Listings page by page: asks for the rows that `Paging` wants next."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from mailjet_rest.client import Mailjet, Params
from mailjet_rest.limits import LIMIT
from mailjet_rest.outcome import Row
from mailjet_rest.paging import Ask, AskCount, Give, Paging, Step, Wrong

R = TypeVar("R", bound=Hashable)


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

    `count`: the number of rows, if it is known. `rows_differ`: no two rows are equal. Raises `ShortListingError` if
    rows are missing in the end, or if as many came as were counted, but some of them twice: rows shift when the set
    changes under an offset. If rows can be equal and one appears on two pages, raises `AmbiguousListingError`: it may
    be two rows, or one row repeated because the listing shifted.
    """
    paging = Paging[R](path, count, rows_differ)
    step: Step[R] = paging.take(page)
    while True:
        match step:
            case Give(rows):
                yield rows
                step = paging.go_on()
            case Ask(offset):
                step = paging.take(api.rows(path, {**params, "Limit": LIMIT, "Offset": offset}, parse))
            case AskCount():
                step = paging.take_count(api.count(path, params))
            case Wrong(error):
                raise error
            case _:
                return


def all_pages(api: Mailjet, path: str, params: Params, parse: Callable[[Row], R]) -> Iterator[list[R]]:
    """All pages of a listing; raises as `further_pages` does."""
    yield from further_pages(api, path, params, parse, first_page(api, path, params, parse))
