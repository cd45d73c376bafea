"""Objects looked up by id: one request each, or one for a thousand where that costs less.

The first page of a listing is read as soon as two objects are asked for: most listings have no other, but for those of
contacts. A longer one is read once what else is asked, and was, costs more than its pages: single requests, or the
listings of groups where there are such (the contacts of a campaign). So a sync rents before it buys, which costs at
most about twice the best plan. Who was asked for and does not exist counts for no listing: it would not have helped.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from typing import Any, Generic, Protocol, TypeVar

from source_mailjet_segment.api import Mailjet, Params
from source_mailjet_segment.errors import MalformedError
from source_mailjet_segment.fields import NOTHING
from source_mailjet_segment.outcome import Row
from source_mailjet_segment.pages import LIMIT, all_pages, first_page, further_pages

T = TypeVar("T")
P = TypeVar("P", bound=tuple[Any, ...])
WORTH_COUNTING = 3
"""From so many single requests on, it pays to ask how long a listing is."""
LEAST_OF_GROUP = 2
"""What the listing of a group costs at least: it is counted, and has a page."""
ALL = ""
"""The group of all objects."""


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

    `parse` gives an object's id and what is wanted of it. `listing_proves_absence`: an object that the whole listing
    does not have does not exist; otherwise, and where the listing has fewer than it counts or changed meanwhile, it is
    asked for by its id. `grouped_by`: the filter that lists a group of the objects, which never proves absence.
    """

    def __init__(
        self,
        api: Mailjet,
        path: str,
        parse: Callable[[Row], tuple[str, T | None]],
        pool: Executor,
        memory: Memory[T] | None = None,
        list_params: Params | None = None,
        listing_proves_absence: bool = False,
        grouped_by: str | None = None,
    ) -> None:
        self._api = api
        self._path = path
        self._parse = parse
        self._pool = pool
        self._memory: Memory[T] = memory or InMemory()
        self._list_params = list_params or {}
        self._listing_proves_absence = listing_proves_absence
        self._grouped_by = grouped_by
        self._lock = threading.Lock()
        self._spent = 0
        self._is_begun = False
        self._counts: dict[str, int] = {}
        self._listed_groups: set[str] = set()
        self._listed: int | None = None
        self._is_whole: bool | None = None

    def look_up(self, ids: Collection[str], groups: Mapping[str, str] = {}) -> dict[str, T | None]:
        """Each of the objects, or None where it does not exist (any more). Raises `SyncError` where Mailjet fails.

        `groups`: the group of some of them.
        """
        if not ids:
            return {}
        with self._lock:
            known = self._memory.recall(ids)
            missing = [one for one in dict.fromkeys(ids) if one not in known]
            if missing and self._listed is None and self._list_what_pays(missing, groups):
                known = self._memory.recall(ids)
                missing = [one for one in missing if one not in known]
            if missing and self._proves_absence():
                return known | dict.fromkeys(missing)
            asked = list(self._pool.map(self._ask, missing))
            self._spent += sum(answer is not None for answer in asked)
            found = {one: answer[1] if answer else None for one, answer in zip(missing, asked, strict=True)}
            self._memory.remember(found)
            return known | found

    def _list_what_pays(self, missing: Collection[str], groups: Mapping[str, str]) -> bool:
        """Lists everything, or the groups for which that costs less than single requests; tells whether it did
        any of it.
        """
        singles = self._spent + len(missing)
        if not self._listing_proves_absence and singles > 1 and not self._is_begun:
            return self._read_first_page()
        if singles < WORTH_COUNTING:
            return False
        whole = self._pages(ALL)
        members = Counter(groups[one] for one in missing if one in groups and groups[one] not in self._listed_groups)
        some = [group for group, count in members.most_common() if count >= WORTH_COUNTING]
        worth: list[str] = []
        cost = singles - sum(members[group] for group in some)
        for left, group in zip(range(len(some), 0, -1), some, strict=True):
            if whole <= cost + left * LEAST_OF_GROUP:
                break
            pages = self._pages(group)
            if 0 < pages < members[group]:
                worth.append(group)
            cost += 1 + min(pages or members[group], members[group])
        else:
            if whole >= cost:
                for group in worth:
                    self._read_group(group)
                return bool(worth)
        self._read_whole(first_page(self._api, self._path, self._list_params, self._parse))
        return True

    def _read_first_page(self) -> bool:
        self._is_begun = True
        page = first_page(self._api, self._path, self._list_params, self._parse)
        if len(page) < LIMIT:
            self._read_whole(page)
        self._memory.remember(dict(page))
        return True

    def _pages(self, group: str) -> int:
        if group not in self._counts:
            self._counts[group] = self._api.count(self._path, self._filter(group))
        return -(-self._counts[group] // LIMIT)

    def _filter(self, group: str) -> Params:
        return {self._grouped_by: group} if self._grouped_by and group != ALL else {}

    def _read_group(self, group: str) -> None:
        params = {**self._list_params, **self._filter(group)}
        for page in all_pages(self._api, self._path, params, self._parse):
            self._memory.remember(dict(page))
        self._listed_groups.add(group)
        self._spent += 1 + self._pages(group)

    def _read_whole(self, page: list[tuple[str, T | None]]) -> None:
        self._listed = 0
        for listed in further_pages(self._api, self._path, self._list_params, self._parse, page):
            self._memory.remember(dict(listed))
            self._listed += len(dict(listed).keys() - {NOTHING})

    def _proves_absence(self) -> bool:
        """Whether what is not known by now does not exist: the listing was one page, and had what it counts.

        A longer one may shift under its offsets, by one that went and one that came, and no count tells.
        """
        if self._is_whole is None and self._listed is not None and self._listing_proves_absence:
            self._is_whole = self._listed < LIMIT and self._listed == self._api.count(self._path, {})
        return bool(self._is_whole)

    def _ask(self, one: str) -> tuple[str, T | None] | None:
        return self._api.one(f"{self._path}/{one}", {}, only(one, self._parse))


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
