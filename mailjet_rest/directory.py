"""Objects looked up by id: one request each, or one for a thousand if that costs less.

The first page of a listing is read as soon as two objects are asked for: most listings have no other page, except that
of contacts. For a longer listing: ask one by one until the requests spent would have paid for the listing, then list
(ski rental: at most about twice the optimum). Groups of objects can be listed too (the contacts of a campaign), if that
costs less. Ids that turned out not to exist do not count, unless the listing can prove that they do not: it would not
have found them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from mailjet_rest.client import Mailjet, Params
from mailjet_rest.errors import MalformedError, RefusedRequestError
from mailjet_rest.limits import LEAST_OF_GROUP, LIMIT, MOST_READINGS, WORTH_COUNTING
from mailjet_rest.outcome import Row
from mailjet_rest.pages import all_pages, first_page, further_pages
from mailjet_rest.paging import ShortListingError
from mailjet_rest.whole_listing import WholeListing, pages_of

T = TypeVar("T")
P = TypeVar("P", bound=tuple[Any, ...])
ALL = ""
"""The group of all objects."""


class Memory(Protocol[T]):
    """Where a directory keeps the objects that it knows."""

    def recall(self, ids: Collection[str]) -> dict[str, T | None]: ...

    def remember(self, found: Mapping[str, T | None]) -> None: ...


class InMemory(Generic[T]):
    """A memory for few objects."""

    def __init__(self) -> None:
        self._known: dict[str, T | None] = {}

    def recall(self, ids: Collection[str]) -> dict[str, T | None]:
        return {key: self._known[key] for key in ids if key in self._known}

    def remember(self, found: Mapping[str, T | None]) -> None:
        self._known.update(found)


class Directory(Generic[T]):
    """The objects of one resource; may be used by many threads.

    `parse` gives an object's id and the part of it that is needed. `listing_proves_absence`: an object that a complete
    listing of all does not have does not exist; if it is false, or if the listing cannot be proven to be complete, an
    object is asked for by its id. `grouped_by`: the filter that lists a group of the objects, which never proves
    absence.
    `proof_lasts`: False if objects come while the directory is in use. Then a listing proves only what the look-up that
    read it asked for.
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
        *,
        proof_lasts: bool = True,
    ) -> None:
        self._api = api
        self._path = path
        self._parse = parse
        self._pool = pool
        self._memory: Memory[T] = memory or InMemory()
        self._list_params = list_params or {}
        self._listing_proves_absence = listing_proves_absence
        self._grouped_by = grouped_by
        self._proof_lasts = proof_lasts
        self._lock = threading.Lock()
        self._spent = 0
        self._is_begun = False
        self._counts: dict[str, int] = {}
        self._listed_groups: set[str] = set()
        self._readings_left = MOST_READINGS if listing_proves_absence else 1
        self._whole: WholeListing[T] | None = None

    def look_up(self, ids: Collection[str], groups: Mapping[str, str] = {}) -> dict[str, T | None]:
        """Each of the objects, or None if it does not exist (any more). Raises `Failure` if Mailjet fails.

        `groups`: the group of an object, by its id, if it has one.
        """
        if not ids:
            return {}
        with self._lock:
            if self._whole and not self._proof_lasts:
                self._doubt(self._whole)
            known = self._memory.recall(ids)
            spent = self._spent
            while missing := [key for key in dict.fromkeys(ids) if key not in known]:
                self._learn(missing, groups, spent)
                known |= self._memory.recall(missing)
                # The cost of a group just now is no reason to list everything for the few objects that it lacks.
                spent = 0
            return known

    def _doubt(self, whole: WholeListing[T]) -> None:
        """Objects may have come since everything was listed: it may be listed again, if it can prove anything."""
        if whole.ascends:
            self._whole, self._readings_left = None, MOST_READINGS

    def _learn(self, missing: Collection[str], groups: Mapping[str, str], spent: int) -> None:
        """Takes the cheapest step towards knowing these objects, and remembers the answers. The last step is always a
        request for each. `spent`: the earlier requests that a listing of everything would have saved.
        """
        if self._whole and self._whole.is_complete is None:
            self._whole.prove()
        elif self._whole and self._whole.is_complete:
            self._memory.remember(dict.fromkeys(missing))
        elif not self._readings_left or not self._list_what_pays(missing, groups, spent):
            self._ask_for_each(missing)

    def _list_what_pays(self, missing: Collection[str], groups: Mapping[str, str], spent: int) -> bool:
        """Lists everything, or the groups for which that costs less than single requests; tells whether it listed
        anything.
        """
        singles = spent + len(missing)
        if not self._listing_proves_absence and singles > 1 and not self._is_begun:
            return self._read_first_page()
        if singles < WORTH_COUNTING:
            return False
        worth = self._groups_that_pay(missing, groups, singles)
        if worth is None:
            self._read_whole()
            return True
        for group in worth:
            self._read_group(group)
        return bool(worth)

    def _groups_that_pay(self, missing: Collection[str], groups: Mapping[str, str], singles: int) -> list[str] | None:
        """The groups whose listing costs less than a request for each of their members; None if to list everything
        costs less than all of that together.

        Each group must be counted first, which costs a request too. So the largest come first, and nothing more is
        counted once everything is known to be cheaper, at the least that the uncounted groups can cost.
        """
        whole = self._pages(ALL)
        members = Counter(groups[key] for key in missing if key in groups and groups[key] not in self._listed_groups)
        candidates = [group for group, count in members.most_common() if count >= WORTH_COUNTING]
        cost = singles - sum(members[group] for group in candidates)  # a request for each object of no candidate
        worth: list[str] = []
        for place, group in enumerate(candidates):
            if whole <= cost + (len(candidates) - place) * LEAST_OF_GROUP:
                return None
            pages = self._pages(group)
            if 0 < pages < members[group]:
                worth.append(group)
            cost += 1 + min(pages or members[group], members[group])  # its count, and its pages or its members
        return worth if whole >= cost else None

    def _read_first_page(self) -> bool:
        self._is_begun = True
        page = first_page(self._api, self._path, self._list_params, self._parse)
        if len(page) < LIMIT:
            self._read_further(page)
        self._memory.remember(dict(page))
        return True

    def _pages(self, group: str) -> int:
        """How many pages a listing has; 0 also for a group that is gone."""
        if group not in self._counts:
            try:
                self._counts[group] = self._api.count(self._path, self._filtered(group))
            except RefusedRequestError:
                if group == ALL:
                    raise
                self._counts[group] = 0
        if group == ALL and self._listing_proves_absence:
            return pages_of(self._counts[ALL])
        return -(-self._counts[group] // LIMIT)

    def _filtered(self, group: str) -> Params:
        """The parameters that list or count a group."""
        return {**self._list_params, **({self._grouped_by: group} if self._grouped_by and group != ALL else {})}

    def _read_group(self, group: str) -> None:
        """Remembers a group's objects. If the listing breaks off, the others are asked for one by one."""
        self._listed_groups.add(group)
        self._spent += 1 + self._pages(group)
        with suppress(RefusedRequestError, ShortListingError):
            for page in all_pages(self._api, self._path, self._filtered(group), self._parse):
                self._memory.remember(dict(page))

    def _read_whole(self) -> None:
        """Reads everything. A listing that proved nothing is read once more at most, and only if its IDs ascend."""
        if not self._listing_proves_absence:
            self._read_further(first_page(self._api, self._path, self._list_params, self._parse))
            return
        self._spent = 0
        self._readings_left -= 1
        self._whole = WholeListing(self._api, self._path, self._list_params, self._parse, self._memory.remember)
        self._whole.read(self._counts.pop(ALL))
        if not self._whole.ascends:
            self._readings_left = 0

    def _read_further(self, page: list[tuple[str, T | None]]) -> None:
        self._readings_left = 0
        for listed in further_pages(self._api, self._path, self._list_params, self._parse, page):
            self._memory.remember(dict(listed))

    def _ask_for_each(self, missing: Collection[str]) -> None:
        answers = list(self._pool.map(self._ask, missing))
        found = {key: answer[1] if answer else None for key, answer in zip(missing, answers, strict=True)}
        self._memory.remember(found)
        self._spent += sum(self._listing_proves_absence or answer is not None for answer in answers)

    def _ask(self, key: str) -> tuple[str, T | None] | None:
        return self._api.find(f"{self._path}/{key}", {}, only(key, self._parse))


def only(wanted: str, parse: Callable[[Row], P]) -> Callable[[Row], P]:
    """`parse` for the object `wanted` alone: the row of another object is malformed.

    The first field of the value that `parse` gives is the object's id.
    """

    def parse_wanted(row: Row) -> P:
        found = parse(row)
        if found[0] != wanted:
            raise MalformedError("the row of another object")
        return found

    return parse_wanted
