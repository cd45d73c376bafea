"""Which sends are listed in search of messages, so that few requests find many.

A message shows what happened to it last as its status. So the sends are listed by the statuses that the messages of
such events have, which is a fraction of all, and only where a listing costs no more than single requests would.

Sends of two sorts are listed. An *unlisted* span is one whose events the sync reads, but whose sends its deliveries do
not list: fewer streams are selected, one was cleared, or a first sync goes on. It is counted, and listed whole or in
pieces of so many messages. What was sent before is listed by hours, for its events are few and spread thin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from mailjet_reading.limits import FEW_PAGES, HOURS_S, LATEST_BOUNCE_S, OF_HOURS, WORTH_A_LOOK, WORTH_COUNTING
from mailjet_reading.lookups.scratch_store import Store
from mailjet_rest.client import Mailjet
from mailjet_rest.limits import LIMIT, MOST_ROWS
from mailjet_rest.listing import Search, cut
from mailjet_rest.resources import MESSAGE, EventRow
from mailjet_rest.rows import Message
from mailjet_rest.windows import Span
from segment_events.kinds import BOUNCED, CLICKED, OPENED, Kind

ANY = ""
"""In place of a status: messages of all of them."""
STATUSES: Mapping[Kind, tuple[str, ...]] = {
    OPENED: ("3", "4", "7", "6"),
    CLICKED: ("4", "3", "7", "6"),
    BOUNCED: ("10", "9", "5"),
}
"""`MessageStatus` opened 3, clicked 4, spam 6, unsub 7; hardbounce 10, softbounce 9, bounce 5 (types of Mailjet's
client): first the ones that most messages of such events have."""


class Wanted(NamedTuple):
    """A message that is asked for, with what its event says of it: `sent_at`, about when it was sent, and its kind.

    A bounce's `sent_at` is when it bounced, which may be days later.
    """

    email_id: str
    contact_id: str | None
    campaign_id: str | None
    sent_at: int | None = None
    kind: Kind | None = None

    @property
    def earliest(self) -> int:
        """From when on it can have been sent."""
        return max(0, (self.sent_at or 0) - (LATEST_BOUNCE_S if self.kind is BOUNCED else 0))


Missing = Mapping[str, Wanted]
"""Messages by id."""


class Listing:
    """The messages of a span that have a status: how many were looked for there, and how far they are listed.

    `count`: how many there are, where that is known.
    """

    def __init__(self, api: Mailjet, span: Span, status: str, count: int | None = None) -> None:
        self.span = span
        self._search = _search(api, span, status)
        self._count = count
        self._asked = 0
        self._is_begun = self._is_listed = False

    def look_for(self, missing: Collection[str], is_bought: bool) -> Iterator[list[Message]]:
        """The pages that are worth reading in search of these; all pages where they are bought already."""
        left = set(missing)
        self._asked += len(left)
        if not self._is_begun and (is_bought or self._asked > 1):
            self._is_begun = True
            page = _messages(self._search.first_page())
            self._is_listed = len(page) < LIMIT
            left.difference_update(message.email_id for message in page)
            yield page
        if self._is_begun and not self._is_listed and (is_bought or (left and self._asked >= WORTH_COUNTING)):
            if self._count is None:
                self._count = self._search.count()
            if is_bought or self._count <= self._asked * LIMIT:
                self._is_listed = True
                yield from map(_messages, self._search.further_pages(self._count))


@dataclass(frozen=True)
class _Job:
    """A listing, and the messages that it may have."""

    listing: Listing
    missing: Collection[str]
    is_bought: bool = False


@dataclass(frozen=True)
class _Pieces:
    """An unlisted span by one status: it is bought once as many messages were asked for as it has pages."""

    listings: Sequence[Listing]
    pages: float

    def jobs(self, missing: Missing, asked: int) -> Iterator[_Job]:
        """What there is to read in search of these, after so many were asked for."""
        for listing in self.listings:
            since, until = listing.span
            there = [key for key, one in missing.items() if one.earliest < until and since <= (one.sent_at or 0)]
            if there:
                yield _Job(listing, there, self.pages <= asked)


class _Lister:
    """Reads listings into the store, several at once."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self.api = api
        self._store = store
        self._pool = pool

    def read(self, jobs: Iterable[_Job], missing: Missing) -> Missing:
        """Does the jobs; gives what is missing then."""
        done = list(self._pool.map(self._read, jobs))
        found = self._store.messages(list(missing)) if done else {}
        return {key: one for key, one in missing.items() if key not in found}

    def _read(self, job: _Job) -> None:
        for page in job.listing.look_for(job.missing, job.is_bought):
            self._store.add_messages(page)


class _Unlisted:
    """An unlisted span, and what was asked of it: by status where it has many messages, whole where that costs less."""

    def __init__(self, span: Span, lister: _Lister) -> None:
        self.span = span
        self._lister = lister
        self._asked = self._not_found = 0
        self._count: int | None = None
        self._by_status: dict[str, _Pieces] = {}

    def holds(self, one: Wanted) -> bool:
        """Whether a message was sent within it, as far as its event tells."""
        return self.span[0] <= (one.sent_at or 0) < self.span[1]

    def look_for(self, missing: Missing, kind: Kind) -> None:
        """Lists what pays."""
        self._asked += len(missing)
        if self._asked < WORTH_A_LOOK:
            return
        if self._count is None:
            self._count = _search(self._lister.api, self.span, ANY).count()
        pages = _pages(self._count)
        if pages > FEW_PAGES and self._asked >= WORTH_COUNTING and ANY not in self._by_status:
            for status in STATUSES[kind]:
                missing = self._list(status, missing, self._asked) if missing else missing
        self._not_found += len(missing)
        if missing and 0 < pages <= self._not_found:
            self._list(ANY, missing, self._not_found)

    def _list(self, status: str, missing: Missing, asked: int) -> Missing:
        if status not in self._by_status:
            self._by_status[status] = self._cut(status)
        return self._lister.read(self._by_status[status].jobs(missing, asked), missing)

    def _cut(self, status: str) -> _Pieces:
        """Pieces that are worth listing at once; of few messages it is not asked how many have a status."""
        api, count = self._lister.api, self._count or 0
        if status != ANY and count <= MOST_ROWS:
            return _Pieces([Listing(api, self.span, status)], inf)
        count = count if status == ANY else _search(api, self.span, status).count()
        spans = cut(self.span, count) if count > MOST_ROWS else [self.span] if count else []
        return _Pieces(
            [Listing(api, span, status, count if len(spans) == 1 else None) for span in spans], _pages(count)
        )


class Sends:
    """The sends that a sync lists in search of messages. One search at a time: `Messages` takes care of that."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._lister = _Lister(api, store, pool)
        self._unlisted: list[_Unlisted] = []
        self._of_hours: dict[tuple[int, str], Listing] = {}

    def expect(self, unlisted: Iterable[Span]) -> None:
        """Says of which spans the sync reads events, while its deliveries do not list their sends."""
        self._unlisted = [_Unlisted(span, self._lister) for span in unlisted]

    def look_for(self, wanted: Iterable[Wanted]) -> None:
        """Lists what pays in search of these messages; what it finds, and more, is in the store then."""
        dated = [one for one in wanted if one.sent_at is not None]
        for kind in STATUSES:
            missing: Missing = {one.email_id: one for one in dated if one.kind is kind}
            for unlisted in self._unlisted:
                inside = {key: one for key, one in missing.items() if unlisted.holds(one)}
                missing = {key: one for key, one in missing.items() if key not in inside}
                if inside:
                    unlisted.look_for(inside, kind)
            if kind is not BOUNCED:  # whose times do not tell the hours of their sends
                self._look_among_hours(missing, STATUSES[kind][:OF_HOURS])

    def _look_among_hours(self, missing: Missing, statuses: Iterable[str]) -> None:
        for status in statuses:
            hours: dict[int, list[str]] = {}
            for one in missing.values():
                hours.setdefault((one.sent_at or 0) // HOURS_S, []).append(one.email_id)
            jobs = [_Job(self._listing_of(number, status), there) for number, there in sorted(hours.items())]
            missing = self._lister.read(jobs, missing)

    def _listing_of(self, number: int, status: str) -> Listing:
        span = number * HOURS_S, (number + 1) * HOURS_S
        return self._of_hours.setdefault((number, status), Listing(self._lister.api, span, status))


def _search(api: Mailjet, span: Span, status: str) -> Search:
    return Search(api, MESSAGE, span, {} if status == ANY else {"MessageStatus": status})


def _messages(rows: Iterable[EventRow]) -> list[Message]:
    return [row for row in rows if isinstance(row, Message)]


def _pages(count: int) -> int:
    return -(-count // LIMIT)
