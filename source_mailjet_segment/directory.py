"""Objects looked up by id: one request each, or one for a thousand where that costs less.

The listing is read once the single requests, made and to be made, outnumber its pages. How many are to be made is at
least what is missing now, and at least what the rows that the sync is known to read will need: so a large sync lists at
once, and a small one rents before it buys, which costs at most about twice the best plan.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from typing import Any, Generic, Protocol, TypeVar

from source_mailjet_segment.api import Mailjet, Params
from source_mailjet_segment.errors import MalformedError
from source_mailjet_segment.outcome import Row
from source_mailjet_segment.pages import LIMIT, all_pages

T = TypeVar("T")
P = TypeVar("P", bound=tuple[Any, ...])
WORTH_COUNTING = 3
"""From so many single requests on, it pays to ask how long the listing is."""


class Expected:
    """How many rows the sync is known to read, as counted while it is planned."""

    def __init__(self) -> None:
        self.rows = 0


class Memory(Protocol[T]):
    """Where a directory keeps what it has learned."""

    def recall(self, ids: Collection[str]) -> dict[str, T | None]: ...

    def remember(self, found: Mapping[str, T | None]) -> None: ...


class InMemory(Generic[T]):
    """A memory for few objects."""

    def __init__(self) -> None:
        self._known: dict[str, T | None] = {}

    def recall(self, ids: Collection[str]) -> dict[str, T | None]:
        return {one: self._known[one] for one in ids if one in self._known}

    def remember(self, found: Mapping[str, T | None]) -> None:
        self._known.update(found)


class Directory(Generic[T]):
    """The objects of one resource; may be used by many threads.

    `parse` gives an object's id and what is wanted of it. `per_row`: how many objects a row of the sync is thought to
    need, in a large sync. `listing_proves_absence`: an object that the whole listing does not have does not exist;
    otherwise, and where the listing has fewer than it counts or changed meanwhile, it is asked for by its id.
    """

    def __init__(
        self,
        api: Mailjet,
        path: str,
        parse: Callable[[Row], tuple[str, T | None]],
        pool: Executor,
        expected: Expected,
        per_row: float,
        memory: Memory[T] | None = None,
        list_params: Params | None = None,
        listing_proves_absence: bool = False,
    ) -> None:
        self._api = api
        self._path = path
        self._parse = parse
        self._pool = pool
        self._expected = expected
        self._per_row = per_row
        self._memory: Memory[T] = memory or InMemory()
        self._list_params = list_params or {}
        self._listing_proves_absence = listing_proves_absence
        self._lock = threading.Lock()
        self._asked = 0
        self._count: int | None = None
        self._is_listed = self._is_whole = False

    def look_up(self, ids: Collection[str]) -> dict[str, T | None]:
        """Each of the objects, or None where it does not exist (any more). Raises `SyncError` where Mailjet fails."""
        if not ids:
            return {}
        with self._lock:
            known = self._memory.recall(ids)
            missing = [one for one in dict.fromkeys(ids) if one not in known]
            if missing and self._listing_pays(len(missing)):
                self._read_listing()
                known = self._memory.recall(ids)
                missing = [one for one in missing if one not in known]
            if self._is_whole:
                return known | dict.fromkeys(missing)
            self._asked += len(missing)
            found = dict(zip(missing, self._pool.map(self._ask, missing), strict=True))
            self._memory.remember(found)
            return known | found

    def _listing_pays(self, missing: int) -> bool:
        singles = max(self._asked + missing, int(self._expected.rows * self._per_row))
        if self._is_listed or singles < WORTH_COUNTING:
            return False
        if self._count is None:
            self._count = self._count_listing()
        return max(1, -(-self._count // LIMIT)) < singles

    def _read_listing(self) -> None:
        listed = 0
        for page in all_pages(self._api, self._path, self._list_params, self._parse):
            self._memory.remember(dict(page))
            listed += len(dict(page))
        self._is_listed = True
        self._is_whole = self._listing_proves_absence and listed >= (self._count or 0) == self._count_listing()

    def _count_listing(self) -> int:
        return self._api.count(self._path, {})

    def _ask(self, one: str) -> T | None:
        found = self._api.one(f"{self._path}/{one}", {}, only(one, self._parse))
        return found[1] if found else None


def only(wanted: str, parse: Callable[[Row], P]) -> Callable[[Row], P]:
    """`parse` for the object `wanted` alone: what would be told of another object is malformed.

    The first field of what `parse` gives is the object's id.
    """

    def parse_wanted(row: Row) -> P:
        found = parse(row)
        if found[0] != wanted:
            raise MalformedError("the row of another object")
        return found

    return parse_wanted
