"""A listing that can prove that an object which it does not have does not exist, however many pages it takes.

Pages shift when the set changes under an offset, and if one object left and another came, the count is the same. So
each further page begins one row early, with the last row of the page before, and IDs must ascend: if an object leaves
from earlier pages, that row moves, and a new object has the highest ID and comes last. Mailjet is not asked to sort,
because it cannot sort by every field. A listing whose IDs do not ascend proves nothing beyond its first page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

from mailjet_rest.client import Mailjet, Params
from mailjet_rest.fields import NOTHING
from mailjet_rest.limits import LIMIT, MOST_COUNTS
from mailjet_rest.outcome import Row

T = TypeVar("T")


def pages_of(count: int) -> int:
    """How many pages a whole listing of so many rows has."""
    return max(1, -(-(count - 1) // (LIMIT - 1)))


class WholeListing(Generic[T]):
    """All objects of a resource; `remember` gets them page by page, by id.

    `is_complete` is None until `prove` has been called. `ascends`: IDs ascend on each page.
    """

    def __init__(
        self,
        api: Mailjet,
        path: str,
        params: Params,
        parse: Callable[[Row], tuple[str, T | None]],
        remember: Callable[[Mapping[str, T | None]], None],
    ) -> None:
        self._api = api
        self._path = path
        self._params = params
        self._parse = parse
        self._remember = remember
        self._listed = 0
        self._counted = 0
        self._last: list[int] = []
        self._is_linked = True
        self.ascends = True
        self.is_complete: bool | None = None

    def read(self, count: int) -> None:
        """Reads on until `count` rows are listed; stops before that if a page brings no new row."""
        self._counted = count
        is_new = True
        while is_new and (self._listed < count or not self._last):
            is_new = self._read_page()

    def prove(self) -> None:
        """Finds out whether no object is missing: counts them, and reads those that came since."""
        self.is_complete = False
        for _ in range(MOST_COUNTS):
            if not self._is_linked or self._listed < self._counted:
                return
            count = self._api.count(self._path, self._params)
            if count <= self._listed:
                self.is_complete = count == self._listed
                return
            self.read(count)

    def _read_page(self) -> bool:
        """Reads the next page; tells whether it brought anything new."""
        offset = max(0, self._listed - 1)
        place = {"Offset": offset} if offset else {}
        page = self._api.rows(self._path, {**self._params, "Limit": LIMIT, **place}, self._parse)
        self._remember(dict(page))
        ids = [int(key) for key, _ in page]
        self._is_linked = self._is_linked and self._links(ids)
        is_new = ids != self._last and offset + len(ids) > self._listed
        self._last, self._listed = ids, max(self._listed, offset + len(ids))
        return is_new

    def _links(self, ids: Sequence[int]) -> bool:
        """Whether a page is the first, or begins with the last row of the page before."""
        if int(NOTHING) in ids:  # a row whose object is unknown
            return False
        self.ascends = self.ascends and all(before < after for before, after in pairwise(ids))
        if not self._last:
            return len(set(ids)) == len(ids)
        return self.ascends and ids[:1] == self._last[-1:]
