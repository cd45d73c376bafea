"""Decides the next request while a listing is read page by page. Pure: nothing is sent here (`pages.py` sends).

Mailjet's `Count` and `Total` are the rows of the page, so a page shorter than `Limit` is the last one, if it is honest:
its length may be all that a server gives, or the same page may come again for every offset. So a listing that looks
wrong is counted, and one that misses its count is an error, never a short success.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mailjet_rest.errors import MailjetError
from mailjet_rest.limits import FEWEST, LIMIT, SMALLER_LIMITS

R = TypeVar("R", bound=Hashable)


class ShortListingError(MailjetError):
    """A listing that gave fewer rows than it counts."""


class AmbiguousListingError(ShortListingError):
    """A listing that gave all the rows it counts, of which two may be the same row: raised when all were given."""


@dataclass(frozen=True)
class Ask:
    """Ask for the page that begins at `offset`."""

    offset: int


@dataclass(frozen=True)
class AskCount:
    """Ask how many rows the listing has."""


@dataclass(frozen=True)
class Give(Generic[R]):
    """These are the next rows of the listing."""

    rows: list[R]


@dataclass(frozen=True)
class Done:
    """All rows were given."""


@dataclass(frozen=True)
class Wrong:
    """The listing cannot be trusted."""

    error: ShortListingError


Step = Ask | AskCount | Give[R] | Done | Wrong


class Paging(Generic[R]):
    """How far a listing of `path` has come. Three verbs, each of which gives the next step: a page came (`take`), a
    count came (`take_count`), a page was given (`go_on`).

    `count`: the number of rows, if it is known. `rows_differ`: no two rows are equal. If rows can be equal and one
    appears on two pages, it may be two rows, or one row repeated because the listing shifted. The page is asked for
    again from one row earlier: if it begins with the last row of the page before, nothing has shifted.
    """

    def __init__(self, path: str, count: int | None, rows_differ: bool) -> None:
        self._path = path
        self._count = count
        self._rows_differ = rows_differ
        self._given = 0
        self._page: list[R] = []
        self._hashes: set[int] = (
            set()
        )  # of the page; hashes, because the rows of ten pages for each worker are too much
        self._hashes_before: set[int] = set()
        self._seen: set[int] = set()
        self._last: R | None = None
        self._repeated: list[R] | None = None
        self._is_in_place = self._came_again = False

    def take(self, page: list[R]) -> Step[R]:
        """The step after a page came: give it, unless it looks wrong."""
        if self._repeated is not None:
            return self._take_overlapping(self._repeated, page)
        self._page, self._hashes, self._is_in_place = page, set(map(hash, page)), False
        if not self._rows_differ and not self._seen.isdisjoint(self._hashes):
            self._repeated = page
            return Ask(self._given - 1)
        return self._doubt()

    def _take_overlapping(self, repeated: list[R], overlapping: list[R]) -> Step[R]:
        """A page that began one row early: if that is the row that was last, the rows after it are in place."""
        self._repeated = None
        self._is_in_place = overlapping[:1] == [self._last]
        if self._is_in_place:
            self._page = overlapping[1:]
            self._hashes = set(map(hash, self._page))
        return self._doubt()

    def _doubt(self) -> Step[R]:
        """Counts the listing before a page is believed that may be the same for every offset, or the longest that the
        server gives.
        """
        if self._count is None and (self._is_repeat() or may_be_cut_off(len(self._page))):
            return AskCount()
        return self._give()

    def take_count(self, count: int) -> Step[R]:
        """The step after a count came."""
        self._count = count
        # The rows that were given before the count were not kept to compare with: they can only be counted.
        self._rows_differ = self._rows_differ and self._given == 0
        return self._give()

    def _give(self) -> Step[R]:
        if self._count is not None and self._is_repeat() and self._given + len(self._page) != self._count:
            return Wrong(
                ShortListingError(f"Mailjet's '{self._path}' gave the same page twice: start the sync again later.")
            )
        return Give(self._page)

    def _is_repeat(self) -> bool:
        return bool(self._page) and not self._is_in_place and self._hashes <= self._hashes_before

    def go_on(self) -> Step[R]:
        """The step after a page was given."""
        self._given += len(self._page)
        if self._count is not None:
            self._came_again = self._came_again or not (self._is_in_place or self._seen.isdisjoint(self._hashes))
            self._seen.update(self._hashes)
        if self._is_last():
            return self._end()
        self._hashes_before, self._last = self._hashes, self._page[-1]
        return Ask(self._given)

    def _is_last(self) -> bool:
        rows = len(self._page)
        return rows < FEWEST or (rows < LIMIT and (self._count is None or self._given >= self._count))

    def _end(self) -> Done | Wrong:
        """Whether as many rows came as were counted, and none of them twice."""
        listed = len(self._seen) if self._rows_differ else self._given
        if self._count is not None and listed < self._count:
            return Wrong(missing_rows(self._path, listed, self._count))
        if self._came_again and not self._rows_differ:
            return Wrong(
                AmbiguousListingError(f"Mailjet's '{self._path}' gave a row on two pages: start the sync again later.")
            )
        return Done()


def may_be_cut_off(rows: int) -> bool:
    """Whether a page of so many rows, fewer than were asked for, may be as long as the server gives any."""
    return rows in SMALLER_LIMITS


def missing_rows(path: str, listed: int, count: int) -> ShortListingError:
    """The error of a listing that gave fewer rows than it counts."""
    return ShortListingError(
        f"Mailjet's '{path}' gave {listed} of the {count} rows that it counts: start the sync again later."
    )
