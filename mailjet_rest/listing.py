"""A resource's rows in a window of time, whatever it holds: windows cut themselves so that no listing pages deep, and a
window that was counted is not read until as many rows have come.

Mailjet's cost of an offset grows with it, and rows shift under deep offsets while a set still grows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from mailjet_rest.client import Mailjet
from mailjet_rest.fields import NOTHING
from mailjet_rest.limits import COUNT_FIRST_S, LIMIT, MARGIN_S, MOST_ROWS, WINDOW_ROWS
from mailjet_rest.pages import first_page, further_pages
from mailjet_rest.paging import AmbiguousListingError, ShortListingError, may_be_cut_off, missing_rows
from mailjet_rest.resources import EventRow, Resource, second_of
from mailjet_rest.tally import Tally
from mailjet_rest.time_filter import lies_outside, require_time_filter
from mailjet_rest.windows import Span, split


def plan_windows(api: Mailjet, resource: Resource, span: Span) -> tuple[list[Span], int | None]:
    """A window cut into ones that are worth listing at once, and how many rows it counts; None where nobody counted.

    No windows where there are no rows, by the count and by the first page of the listing.
    """
    if span[1] - span[0] <= COUNT_FIRST_S:
        return [span], None
    count = count_rows(api, resource, span)
    if not count and first_page(api, resource.path, _params(resource, span, {}), resource.parse):
        count = count_rows(api, resource, span)
        if not count:
            raise ShortListingError(
                f"Mailjet's '{resource.path}' counts no rows and gives some: start the sync again later."
            )
    return cut(span, count), count


def count_rows(api: Mailjet, resource: Resource, span: Span) -> int:
    """How many rows the listing of a window has."""
    return api.count(resource.path, _params(resource, span, {}))


def cut(span: Span, rows: int) -> list[Span]:
    """A window of so many rows, cut into ones that are worth listing at once; [] where there are none."""
    return split(span, -(-rows // WINDOW_ROWS)) if rows else []


def read_rows(
    api: Mailjet,
    resource: Resource,
    span: Span,
    params: Mapping[str, str] = {},
    count: int | None = None,
    tally: Tally | None = None,
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows listed for a window, page by page, each with the (perhaps smaller) window it was asked for.

    Rows of the margin are among them, and rows may come twice. A row that names no message is no event and is left out.
    `count`: how many rows there are, where that is known; `tally` takes note of all that come. A listing that misses
    its count, or may have shifted under its offsets, is read once more, in windows of one page. Raises
    `ShortListingError` when rows are missing again, and `MailjetError` where Mailjet does not cut by time at all.
    """
    try:
        yield from _noted(api, resource, _read_once(api, resource, span, params, count), tally)
    except ShortListingError:
        if tally:
            tally.forget(span)
        yield from _noted(api, resource, _read_by_pages(api, resource, span, params), tally)


def _noted(
    api: Mailjet, resource: Resource, pages: Iterator[tuple[Span, list[EventRow]]], tally: Tally | None
) -> Iterator[tuple[Span, list[EventRow]]]:
    for piece, rows in pages:
        if tally:
            tally.add(piece, rows)
        named = [row for row in rows if row.email_id != NOTHING]
        api.counts.nameless(resource.path, len(rows) - len(named))
        yield piece, named


def _read_by_pages(
    api: Mailjet, resource: Resource, span: Span, params: Mapping[str, str]
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window cut so long that each piece comes without an offset, down to a second.

    What is alike there is one event. Each piece is counted, as something was missing already.
    """
    asked = _params(resource, span, params)
    page = first_page(api, resource.path, asked, resource.parse)
    count = api.count(resource.path, asked)
    if len(page) >= count:
        yield span, page
    elif len(page) < LIMIT and not may_be_cut_off(len(page)):
        raise missing_rows(resource.path, len(page), count)
    elif span[1] - span[0] == 1:
        with suppress(AmbiguousListingError):
            yield from _read_once(api, resource, span, params)
    else:
        for piece in split(span, 2):
            yield from _read_by_pages(api, resource, piece, params)


def _read_once(
    api: Mailjet,
    resource: Resource,
    span: Span,
    params: Mapping[str, str],
    count: int | None = None,
    cut_from: int | None = None,
    in_vain: int = 0,
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window of `count` rows, if that is known, which was cut from one of `cut_from` rows.

    `in_vain`: how often in a row cutting has left all rows in one piece.
    """
    asked = _params(resource, span, params)
    page = first_page(api, resource.path, asked, resource.parse)
    if (len(page) >= LIMIT or may_be_cut_off(len(page))) and (count is None or count < len(page)):
        count = api.count(resource.path, asked)
    in_vain = in_vain + 1 if cut_from is not None and count is not None and count >= cut_from else 0
    if lies_outside(page, span) or in_vain > 1:
        require_time_filter(api, resource)
    if count is not None and count > MOST_ROWS and span[1] - span[0] > 1:
        yield from _read_in_pieces(api, resource, span, params, page, count, in_vain)
        return
    for rows in further_pages(api, resource.path, asked, resource.parse, page, count, resource.rows_differ):
        yield span, rows


def _read_in_pieces(
    api: Mailjet,
    resource: Resource,
    span: Span,
    params: Mapping[str, str],
    page: list[EventRow],
    count: int,
    in_vain: int,
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window of more than `MOST_ROWS`, of which `page` is the first page, in pieces.

    Raises `ShortListingError` where these bring fewer rows than the window counts.
    """
    first, pieces = plan_pieces(span, count, page)
    tally = Tally(span)
    if first:
        piece = (span[0], pieces[0][0])
        tally.add(piece, page[:first])
        yield piece, page[:first]
    for piece in pieces:
        for part, rows in _read_once(api, resource, piece, params, None, count - first, in_vain):
            tally.add(part, rows)
            yield part, rows
    if tally.rows < count:
        raise missing_rows(resource.path, tally.rows, count)


def plan_pieces(span: Span, count: int, page: Sequence[EventRow]) -> tuple[int, list[Span]]:
    """How many rows of the first page of a window are all that there is before the first piece, and the pieces.

    Mail often comes in bursts, and the first page tells when one begins and how fast its rows come. Where the page is
    in order of time, its last quarter tells it, and the rows before that need not be asked for again. Where what it
    tells cannot be, the pieces are equally long.
    """
    seconds = sorted(map(second_of, page))
    is_ordered = seconds == [*map(second_of, page)]
    begins = seconds[len(page) * 3 // 4 if is_ordered else 0]
    if not span[0] < begins < span[1]:
        return 0, cut(span, count)
    first = bisect_left(seconds, begins)
    left = count - first
    pieces = -(-left // WINDOW_ROWS)
    length_s = left * (seconds[-1] + 1 - begins) / (len(page) - first)
    ends = min(span[1], begins + max(pieces, round(length_s)))
    edges = [since for since, _ in split((begins, ends), pieces)]
    return first, list(pairwise([*([] if first else span[:1]), *edges, span[1]]))


class Search:
    """A resource's rows in a window of time, for who looks for some of them: not all need come, and some come twice."""

    def __init__(self, api: Mailjet, resource: Resource, span: Span, params: Mapping[str, str]) -> None:
        self._api, self._resource, self._span, self._params = api, resource, span, params
        self._asked = _params(resource, span, params)

    def first_page(self) -> list[EventRow]:
        """The first rows; fewer than `LIMIT` are all."""
        return first_page(self._api, self._resource.path, self._asked, self._resource.parse)

    def count(self) -> int:
        """How many rows there are."""
        return self._api.count(self._resource.path, self._asked)

    def further_pages(self, count: int) -> Iterator[list[EventRow]]:
        """The pages after the first of `count` rows; from the first on again, in smaller windows, where it is deep."""
        if count > MOST_ROWS:
            for piece in cut(self._span, count):
                with suppress(ShortListingError):
                    yield from (page for _, page in _read_once(self._api, self._resource, piece, self._params))
            return
        page: list[EventRow] = []
        for offset in range(LIMIT, count, LIMIT):
            before = page
            page = self._api.rows(
                self._resource.path, {**self._asked, "Limit": LIMIT, "Offset": offset}, self._resource.parse
            )
            if page == before:  # nothing, or the same for every offset
                return
            yield page


def _params(resource: Resource, span: Span, params: Mapping[str, str]) -> dict[str, str | int]:
    return {
        **resource.params,
        **params,
        resource.since_param: max(0, span[0] - MARGIN_S),
        resource.until_param: span[1] + MARGIN_S,
    }
