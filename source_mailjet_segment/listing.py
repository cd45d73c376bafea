"""A feed's rows in a window of time, whatever the window holds: windows cut themselves so that no listing pages deep.

Mailjet's cost of an offset grows with it, and rows shift under deep offsets while a set still grows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.config import DAY_S
from source_mailjet_segment.feeds import EventRow, Feed
from source_mailjet_segment.pages import (
    DEFAULT_LIMIT,
    LIMIT,
    AmbiguousListingError,
    ShortListingError,
    first_page,
    further_pages,
)
from source_mailjet_segment.windows import Span, split

MOST_ROWS = 10 * LIMIT
"""Above this a window is cut."""
WINDOW_ROWS = 5 * LIMIT
"""What the pieces are meant to hold."""
MARGIN_S = 1
"""Asked for more on both sides: nothing says whether Mailjet's filters include their bounds."""
COUNT_FIRST_S = 2 * DAY_S
"""Longer windows are counted before they are listed: that costs a request and tells how to cut them."""


def plan_windows(api: Mailjet, feed: Feed, span: Span) -> list[Span]:
    """A window cut into ones that are worth listing at once; [] where a count says that it is empty."""
    if span[1] - span[0] <= COUNT_FIRST_S:
        return [span]
    return cut(span, api.count(feed.path, _params(feed, span, {})))


def cut(span: Span, rows: int) -> list[Span]:
    """A window of so many rows, cut into ones that are worth listing at once; [] where there are none."""
    return split(span, -(-rows // WINDOW_ROWS)) if rows else []


def read_rows(
    api: Mailjet, feed: Feed, span: Span, params: Mapping[str, str] = {}
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows listed for a window, page by page, each with the (perhaps smaller) window it was asked for.

    Rows of the margin are among them, and rows may come twice. A
    listing that misses its count, or may have shifted under its offsets, is read once more, in windows of one page.
    Raises `ShortListingError` when rows are missing again.
    """
    try:
        yield from _read_once(api, feed, span, params)
    except ShortListingError:
        yield from _read_by_pages(api, feed, span, params)


def _read_by_pages(
    api: Mailjet, feed: Feed, span: Span, params: Mapping[str, str]
) -> Iterator[tuple[Span, list[EventRow]]]:
    """The rows of a window cut so long that each piece comes without an offset, down to a second.

    What is alike there is one event.
    """
    asked = _params(feed, span, params)
    page = first_page(api, feed.path, asked, feed.parse)
    if len(page) >= DEFAULT_LIMIT and len(page) < api.count(feed.path, asked):
        if span[1] - span[0] == 1:
            with suppress(AmbiguousListingError):
                yield from _read_once(api, feed, span, params)
            return
        for piece in split(span, 2):
            yield from _read_by_pages(api, feed, piece, params)
        return
    yield span, page


def _read_once(
    api: Mailjet, feed: Feed, span: Span, params: Mapping[str, str]
) -> Iterator[tuple[Span, list[EventRow]]]:
    asked = _params(feed, span, params)
    page = first_page(api, feed.path, asked, feed.parse)
    count = api.count(feed.path, asked) if len(page) >= LIMIT else None
    if count is not None and count > MOST_ROWS and span[1] - span[0] > 1:
        for piece in cut(span, count):
            yield from _read_once(api, feed, piece, params)
        return
    for rows in further_pages(api, feed.path, asked, feed.parse, page, count, feed.rows_differ):
        yield span, rows


class Search:
    """A feed's rows in a window of time, for who looks for some of them: not all need come, and some come twice."""

    def __init__(self, api: Mailjet, feed: Feed, span: Span, params: Mapping[str, str]) -> None:
        self._api, self._feed, self._span, self._params = api, feed, span, params
        self._asked = _params(feed, span, params)

    def first_page(self) -> list[EventRow]:
        """The first rows; fewer than `LIMIT` are all."""
        return first_page(self._api, self._feed.path, self._asked, self._feed.parse)

    def count(self) -> int:
        """How many rows there are."""
        return self._api.count(self._feed.path, self._asked)

    def further_pages(self, count: int) -> Iterator[list[EventRow]]:
        """The pages after the first of `count` rows; from the first on again, in smaller windows, where it is deep."""
        if count > MOST_ROWS:
            for piece in cut(self._span, count):
                with suppress(ShortListingError):
                    yield from (page for _, page in _read_once(self._api, self._feed, piece, self._params))
            return
        page: list[EventRow] = []
        for offset in range(LIMIT, count, LIMIT):
            before = page
            page = self._api.rows(self._feed.path, {**self._asked, "Limit": LIMIT, "Offset": offset}, self._feed.parse)
            if page == before:  # nothing, or the same for every offset
                return
            yield page


def _params(feed: Feed, span: Span, params: Mapping[str, str]) -> dict[str, str | int]:
    return {**feed.params, **params, feed.since_param: max(0, span[0] - MARGIN_S), feed.until_param: span[1] + MARGIN_S}
