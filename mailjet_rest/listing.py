"""A resource's rows in a window of time, however many there are: a window is cut so that no listing pages deep, and a
window that was counted is not read to its end until as many rows have come.

Mailjet's cost of an offset grows with it, and rows shift under deep offsets while a set still grows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
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


@dataclass(frozen=True)
class Window:
    """The rows of a resource in a span of time. `filters`: parameters that select some of them."""

    api: Mailjet
    resource: Resource
    span: Span
    filters: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def params(self) -> dict[str, str | int]:
        """The parameters of its listing, with `MARGIN_S` more on both sides."""
        return {
            **self.resource.params,
            **self.filters,
            self.resource.since_param: max(0, self.span[0] - MARGIN_S),
            self.resource.until_param: self.span[1] + MARGIN_S,
        }

    def piece(self, span: Span) -> Window:
        """A part of the window."""
        return replace(self, span=span)

    def count(self) -> int:
        """How many rows there are."""
        return self.api.count(self.resource.path, self.params)

    def first_page(self) -> list[EventRow]:
        """The first rows; fewer than `LIMIT` are all, if the page is honest."""
        return first_page(self.api, self.resource.path, self.params, self.resource.parse)

    def pages(self, first: list[EventRow], count: int | None) -> Iterator[list[EventRow]]:
        """The first page, and all that follow it; raises as `further_pages` does."""
        resource = self.resource
        return further_pages(self.api, resource.path, self.params, resource.parse, first, count, resource.rows_differ)

    def pages_to_search(self, count: int) -> Iterator[list[EventRow]]:
        """For a search, which needs not all rows and may get a row twice: the pages after the first of `count` rows.
        If that is deep, all pages, in smaller windows.
        """
        if count > MOST_ROWS:
            for span in cut(self.span, count):
                with suppress(ShortListingError):
                    yield from (page for _, page in _read_once(self.piece(span)))
            return
        page: list[EventRow] = []
        for offset in range(LIMIT, count, LIMIT):
            before, params = page, {**self.params, "Limit": LIMIT, "Offset": offset}
            page = self.api.rows(self.resource.path, params, self.resource.parse)
            if page == before:  # nothing, or the same for every offset
                return
            yield page


def plan_windows(api: Mailjet, resource: Resource, span: Span) -> tuple[list[Span], int | None]:
    """A window cut into windows that are worth listing at once, and the number of its rows; None if it was not counted.

    No windows if there are no rows, by the count and by the first page of the listing.
    """
    if span[1] - span[0] <= COUNT_FIRST_S:
        return [span], None
    window = Window(api, resource, span)
    count = window.count()
    if not count and window.first_page():
        count = window.count()
        if not count:
            raise ShortListingError(
                f"Mailjet's '{resource.path}' counts no rows and gives some: start the sync again later."
            )
    return cut(span, count), count


def count_rows(api: Mailjet, resource: Resource, span: Span) -> int:
    """How many rows the listing of a window has."""
    return Window(api, resource, span).count()


def cut(span: Span, rows: int) -> list[Span]:
    """A window of so many rows, cut into windows that are worth listing at once; [] if there are no rows."""
    return split(span, -(-rows // WINDOW_ROWS)) if rows else []


def read_rows(
    api: Mailjet,
    resource: Resource,
    span: Span,
    filters: Mapping[str, str] = {},
    count: int | None = None,
    tally: Tally | None = None,
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows listed for a window, page by page, each with the (perhaps smaller) window it was asked for.

    Rows of the margin are among them, and rows may come twice. A row that names no message is no event and is left out.
    `count`: the number of rows, if it is known; `tally` takes note of all rows that come. A listing that misses its
    count, or may have shifted under its offsets, is read once more, in windows of one page. Raises `ShortListingError`
    if rows are missing again, and `MailjetError` if Mailjet does not filter by time at all.
    """
    window = Window(api, resource, span, filters)
    try:
        yield from _noted(api, resource, _read_once(window, count), tally)
    except ShortListingError:
        if tally:
            tally.forget(span)
        yield from _noted(api, resource, _read_by_pages(window), tally)


def _noted(
    api: Mailjet, resource: Resource, pages: Iterator[tuple[Span, list[EventRow]]], tally: Tally | None
) -> Iterator[tuple[Span, list[EventRow]]]:
    for piece, rows in pages:
        if tally:
            tally.add(piece, rows)
        named = [row for row in rows if row.email_id != NOTHING]
        api.counts.nameless(resource.path, len(rows) - len(named))
        yield piece, named


def _read_by_pages(window: Window) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window cut so long that each piece comes without an offset, down to a second.

    Equal rows of one second are one event. Each piece is counted, because something was missing already.
    """
    page = window.first_page()
    count = window.count()
    since, until = window.span
    if len(page) >= count:
        yield window.span, page
    elif len(page) < LIMIT and not may_be_cut_off(len(page)):
        raise missing_rows(window.resource.path, len(page), count)
    elif until - since == 1:
        with suppress(AmbiguousListingError):
            yield from _read_once(window)
    else:
        for half in split(window.span, 2):
            yield from _read_by_pages(window.piece(half))


def _read_once(
    window: Window, count: int | None = None, cut_from: int | None = None, in_vain: int = 0
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window of `count` rows, if that is known, which was cut from a window of `cut_from` rows.

    `in_vain`: how often in a row cutting has left all rows in one piece.
    """
    page = window.first_page()
    if _must_be_counted(len(page), count):
        count = window.count()
    in_vain = in_vain + 1 if cut_from is not None and count is not None and count >= cut_from else 0
    # Both signs mean that Mailjet may not filter by time; then windows would be cut for ever, and events be lost.
    if lies_outside(page, window.span) or in_vain > 1:
        require_time_filter(window.api, window.resource)
    if count is not None and count > MOST_ROWS and window.span[1] - window.span[0] > 1:
        yield from _read_in_pieces(window, page, count, in_vain)
        return
    for rows in window.pages(page, count):
        yield window.span, rows


def _must_be_counted(rows: int, count: int | None) -> bool:
    """Whether a first page of so many rows may not be all, and no count says how many there are."""
    return (rows >= LIMIT or may_be_cut_off(rows)) and (count is None or count < rows)


def _read_in_pieces(
    window: Window, page: list[EventRow], count: int, in_vain: int
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window of more than `MOST_ROWS`, of which `page` is the first page, in pieces.

    Raises `ShortListingError` if these bring fewer rows than the window counts.
    """
    first, pieces = plan_pieces(window.span, count, page)
    tally = Tally(window.span)
    if first:
        piece = (window.span[0], pieces[0][0])
        tally.add(piece, page[:first])
        yield piece, page[:first]
    for piece in pieces:
        for part, rows in _read_once(window.piece(piece), None, count - first, in_vain):
            tally.add(part, rows)
            yield part, rows
    if tally.rows < count:
        raise missing_rows(window.resource.path, tally.rows, count)


def plan_pieces(span: Span, count: int, page: Sequence[EventRow]) -> tuple[int, list[Span]]:
    """The pieces of a window, and how many rows of its first page are all rows before the first piece.

    Mail often comes in bursts, and the first page shows when a burst begins and how fast its rows come. If the page is
    in order of time, its last quarter shows it, and the rows before that need not be asked for again. If the page shows
    nothing that is possible, the pieces are equally long.
    """
    seconds = sorted(map(second_of, page))
    is_ordered = seconds == [*map(second_of, page)]
    begins = seconds[len(page) * 3 // 4 if is_ordered else 0]
    if not span[0] < begins < span[1]:
        return 0, cut(span, count)
    first = bisect_left(seconds, begins)
    remaining = count - first
    pieces = -(-remaining // WINDOW_ROWS)
    length_s = remaining * (seconds[-1] + 1 - begins) / (len(page) - first)
    ends = min(span[1], begins + max(pieces, round(length_s)))
    edges = [since for since, _ in split((begins, ends), pieces)]
    return first, list(pairwise([*([] if first else span[:1]), *edges, span[1]]))
