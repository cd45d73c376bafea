"""Which sends are listed in search of messages, so that few requests find many.

A message's status names its latest event. So the sends are listed by the statuses that the messages of such
events have, which is a fraction of all sends, and only if a listing costs no more than single requests would.

There are two sorts. An *unlisted* span is one whose events the sync reads, but whose sends its deliveries do not list:
fewer streams are selected, one was cleared, or a first sync goes on. It is counted, and listed whole or in pieces.
Sends before the sync's own time are listed by *hours*, because their events are few and spread thin.
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
from mailjet_rest.listing import Window, cut
from mailjet_rest.resources import MESSAGE, EventRow
from mailjet_rest.rows import Message
from mailjet_rest.windows import Span
from segment_events.kinds import BOUNCED, CLICKED, OPENED, Kind

ANY = ""
"""Instead of a status: messages of all statuses."""
STATUSES: Mapping[Kind, tuple[str, ...]] = {
    OPENED: ("3", "4", "7", "6"),
    CLICKED: ("4", "3", "7", "6"),
    BOUNCED: ("10", "9", "5"),
}
"""`MessageStatus` opened 3, clicked 4, spam 6, unsub 7; hardbounce 10, softbounce 9, bounce 5 (types of Mailjet's
client): first the statuses that most messages of such events have."""


class Wanted(NamedTuple):
    """A message that is looked for, as its event describes it. `sent_at`: about when it was sent.

    A bounce's `sent_at` is when it bounced, which may be days later.
    """

    email_id: str
    contact_id: str | None
    campaign_id: str | None
    sent_at: int | None = None
    kind: Kind | None = None

    @property
    def earliest(self) -> int:
        """The second before which it cannot have been sent."""
        return max(0, (self.sent_at or 0) - (LATEST_BOUNCE_S if self.kind is BOUNCED else 0))


Missing = Mapping[str, Wanted]
"""Messages by id."""


class Listing:
    """The messages of a span that have a status: how many were looked for there, and how far they are listed.

    `count`: the number of messages, if it is known.
    """

    def __init__(self, api: Mailjet, span: Span, status: str, count: int | None = None) -> None:
        self.span = span
        self._window = _window(api, span, status)
        self._count = count
        self._looked_for = 0
        self._is_begun = self._is_listed = False

    def look_for(self, missing: Collection[str], is_bought: bool) -> Iterator[list[Message]]:
        """The pages that are worth reading in search of these messages; all pages if they are bought already.

        The first page pays as soon as two messages are looked for. The others pay when as many messages were looked for
        as there are pages: until then single requests cost no more.
        """
        unfound = set(missing)
        self._looked_for += len(unfound)
        if not self._is_begun and (is_bought or self._looked_for > 1):
            page = self._begin()
            unfound.difference_update(message.email_id for message in page)
            yield page
        if self._is_begun and not self._is_listed and self._is_worth_all(bool(unfound), is_bought):
            self._is_listed = True
            yield from map(_messages, self._window.pages_to_search(self._known_count()))

    def _begin(self) -> list[Message]:
        self._is_begun = True
        page = _messages(self._window.first_page())
        self._is_listed = len(page) < LIMIT
        return page

    def _is_worth_all(self, is_needed: bool, is_bought: bool) -> bool:
        if is_bought:
            return True
        is_worth_counting = is_needed and self._looked_for >= WORTH_COUNTING
        return is_worth_counting and self._known_count() <= self._looked_for * LIMIT

    def _known_count(self) -> int:
        if self._count is None:
            self._count = self._window.count()
        return self._count


@dataclass(frozen=True)
class _Job:
    """A listing, and the messages that it may have."""

    listing: Listing
    missing: Collection[str]
    is_bought: bool = False


@dataclass(frozen=True)
class _Pieces:
    """An unlisted span by one status: it is bought once as many messages were looked for as it has pages."""

    listings: Sequence[Listing]
    pages: float

    def jobs(self, missing: Missing, looked_for: int) -> Iterator[_Job]:
        """The listings to read in search of these messages, after so many were looked for."""
        for listing in self.listings:
            since, until = listing.span
            inside = [
                key for key, wanted in missing.items() if wanted.earliest < until and since <= (wanted.sent_at or 0)
            ]
            if inside:
                yield _Job(listing, inside, self.pages <= looked_for)


class _Lister:
    """Reads listings into the store, several at once."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self.api = api
        self._store = store
        self._pool = pool

    def read(self, jobs: Iterable[_Job], missing: Missing) -> Missing:
        """Does the jobs; gives the messages that are missing then."""
        done = list(self._pool.map(self._read, jobs))
        found = self._store.messages(list(missing)) if done else {}
        return {key: wanted for key, wanted in missing.items() if key not in found}

    def _read(self, job: _Job) -> None:
        for page in job.listing.look_for(job.missing, job.is_bought):
            self._store.add_messages(page)


class _Unlisted:
    """An unlisted span: it is listed by status if it has many messages, and whole if that costs less."""

    def __init__(self, span: Span, lister: _Lister) -> None:
        self.span = span
        self._lister = lister
        self._looked_for = self._not_found = 0
        self._count: int | None = None
        self._by_status: dict[str, _Pieces] = {}

    def holds(self, wanted: Wanted) -> bool:
        """Whether a message was sent within the span, as far as its event says."""
        return self.span[0] <= (wanted.sent_at or 0) < self.span[1]

    def look_for(self, missing: Missing, kind: Kind) -> None:
        """Reads the listings that pay: first by status, then, for messages that were not found, everything."""
        self._looked_for += len(missing)
        if self._looked_for < WORTH_A_LOOK:
            return
        pages = _pages(self._known_count())
        if pages > FEW_PAGES and self._looked_for >= WORTH_COUNTING and ANY not in self._by_status:
            missing = self._look_by_status(missing, kind)
        self._not_found += len(missing)
        if missing and 0 < pages <= self._not_found:
            self._list(ANY, missing, self._not_found)

    def _look_by_status(self, missing: Missing, kind: Kind) -> Missing:
        for status in STATUSES[kind]:
            if missing:
                missing = self._list(status, missing, self._looked_for)
        return missing

    def _known_count(self) -> int:
        if self._count is None:
            self._count = _window(self._lister.api, self.span, ANY).count()
        return self._count

    def _list(self, status: str, missing: Missing, looked_for: int) -> Missing:
        if status not in self._by_status:
            self._by_status[status] = self._cut(status)
        return self._lister.read(self._by_status[status].jobs(missing, looked_for), missing)

    def _cut(self, status: str) -> _Pieces:
        """Pieces that are worth listing at once. If the span has few messages, those of a status are not counted."""
        api, count = self._lister.api, self._count or 0
        if status != ANY and count <= MOST_ROWS:
            return _Pieces([Listing(api, self.span, status)], inf)
        if status != ANY:
            count = _window(api, self.span, status).count()
        spans = cut(self.span, count) if count > MOST_ROWS else [self.span] if count else []
        piece_count = count if len(spans) == 1 else None
        return _Pieces([Listing(api, span, status, piece_count) for span in spans], _pages(count))


class Sends:
    """The sends that a sync lists in search of messages. One search at a time: `Messages` takes care of that."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._lister = _Lister(api, store, pool)
        self._unlisted: list[_Unlisted] = []
        self._of_hours: dict[tuple[int, str], Listing] = {}

    def expect(self, unlisted: Iterable[Span]) -> None:
        """Names the spans whose events the sync reads, while its deliveries do not list their sends."""
        self._unlisted = [_Unlisted(span, self._lister) for span in unlisted]

    def look_for(self, wanted: Iterable[Wanted]) -> None:
        """Reads the listings that pay in search of these messages; all that is found is in the store then."""
        dated = [message for message in wanted if message.sent_at is not None]
        for kind in STATUSES:
            missing = self._look_among_unlisted(
                {message.email_id: message for message in dated if message.kind is kind}, kind
            )
            if kind is not BOUNCED:  # whose time does not tell the hours of the send
                self._look_among_hours(missing, STATUSES[kind][:OF_HOURS])

    def _look_among_unlisted(self, missing: Missing, kind: Kind) -> Missing:
        """Looks in the unlisted spans; gives the messages that were sent in none of them."""
        for unlisted in self._unlisted:
            inside = {key: wanted for key, wanted in missing.items() if unlisted.holds(wanted)}
            missing = {key: wanted for key, wanted in missing.items() if key not in inside}
            if inside:
                unlisted.look_for(inside, kind)
        return missing

    def _look_among_hours(self, missing: Missing, statuses: Iterable[str]) -> None:
        for status in statuses:
            hours: dict[int, list[str]] = {}
            for wanted in missing.values():
                hours.setdefault((wanted.sent_at or 0) // HOURS_S, []).append(wanted.email_id)
            jobs = [_Job(self._listing_of(number, status), ids) for number, ids in sorted(hours.items())]
            missing = self._lister.read(jobs, missing)

    def _listing_of(self, number: int, status: str) -> Listing:
        span = number * HOURS_S, (number + 1) * HOURS_S
        return self._of_hours.setdefault((number, status), Listing(self._lister.api, span, status))


def _window(api: Mailjet, span: Span, status: str) -> Window:
    return Window(api, MESSAGE, span, {} if status == ANY else {"MessageStatus": status})


def _messages(rows: Iterable[EventRow]) -> list[Message]:
    return [row for row in rows if isinstance(row, Message)]


def _pages(count: int) -> int:
    return -(-count // LIMIT)
