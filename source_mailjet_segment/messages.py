"""The messages that events are about: from what the sync has listed already, else listed by time or one by one.

A message that was opened or clicked shows that as its status; so where several messages of some hours are missing, the
sends of those hours are listed by those statuses, which is a fraction of them: a page, and the others where they are
not more than the messages that were asked for.

`message/{id}` is not documented to show address, subject and CustomID; `message?Contact=..&Campaign=..` is, so that
is how one message is asked for (Mailjet OpenAPI, `message`). A message that no longer exists is None.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from typing import NamedTuple

from segment_events.kinds import CLICKED, OPENED, Kind
from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.directory import only
from source_mailjet_segment.errors import RefusedRequestError
from source_mailjet_segment.feeds import MESSAGES, SHOWN, EventRow
from source_mailjet_segment.listing import Search
from source_mailjet_segment.pages import LIMIT, all_pages
from source_mailjet_segment.rows import Message, parse_message
from source_mailjet_segment.store import Store
from source_mailjet_segment.windows import Span

_ENGAGED = frozenset({OPENED, CLICKED})
_STATUSES = ("3", "4")
"""`MessageStatus` opened, then clicked: nearly all messages that such events are about have one (types of Mailjet's
client)."""

_HOURS_S = 6 * 3600
"""The sends that are listed together. More would be cut, at a price, where a large campaign was sent within them."""

_WORTH_COUNTING = 6
"""From so many messages on, it pays to ask how long a listing is that has more than a page."""


class Wanted(NamedTuple):
    """A message that is asked for, with what its event says of it: `sent_at`, about when it was sent, and its kind."""

    message_id: str
    contact_id: str | None
    campaign_id: str | None
    sent_at: int | None = None
    kind: Kind | None = None


class Sends(NamedTuple):
    """The messages that were sent in some hours, numbered since 1970, and have a status."""

    hours: int
    status: str

    @property
    def span(self) -> Span:
        """The hours, in Unix seconds."""
        return self.hours * _HOURS_S, (self.hours + 1) * _HOURS_S


class _Listing:
    """What was asked of some sends, and how far they are listed for that."""

    def __init__(self, api: Mailjet, sends: Sends) -> None:
        self._search = Search(api, MESSAGES, sends.span, {"MessageStatus": sends.status})
        self._asked = 0
        self._count: int | None = None
        self._is_begun = self._is_listed = False

    def look_for(self, missing: set[str]) -> Iterator[list[Message]]:
        """The pages in which the messages are looked for; takes out of `missing` what is on them."""
        self._asked += len(missing)
        for page in self._pages(missing):
            messages = [row for row in page if isinstance(row, Message)]
            missing.difference_update(message.message_id for message in messages)
            yield messages

    def _pages(self, missing: set[str]) -> Iterator[list[EventRow]]:
        if not self._is_begun and self._asked > 1:
            self._is_begun = True
            page = self._search.first_page()
            self._is_listed = len(page) < LIMIT
            yield page
        if missing and not self._is_listed and self._asked >= _WORTH_COUNTING:
            if self._count is None:
                self._count = self._search.count()
            if self._count <= self._asked * LIMIT:
                self._is_listed = True
                yield from self._search.further_pages(self._count)


class Messages:
    """Messages by id; may be used by many threads."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._api = api
        self._store = store
        self._pool = pool
        self._lock = threading.Lock()
        self._gone: set[str] = set()
        self._listings: dict[Sends, _Listing] = {}

    def look_up(self, wanted: Iterable[Wanted]) -> dict[str, Message]:
        """Those of the messages that exist, by id. Raises `SyncError` where Mailjet fails."""
        by_id = {one.message_id: one for one in wanted}
        with self._lock:
            found = self._store.messages(list(by_id))
            missing = {key: one for key, one in by_id.items() if key not in found and key not in self._gone}
            for status in _STATUSES:
                listed = self._list_what_pays(missing.values(), status)
                found |= self._store.messages(list(listed))
                missing = {key: one for key, one in missing.items() if key not in listed}
            fetched = self._pool.map(self._fetch, missing.values())
            return found | {one.message_id: one for one in fetched if one}

    def _list_what_pays(self, missing: Iterable[Wanted], status: str) -> set[str]:
        """Lists sends of which several messages are missing; gives those found."""
        by_sends: dict[Sends, set[str]] = {}
        for one in missing:
            if one.kind in _ENGAGED and one.sent_at:
                by_sends.setdefault(Sends(one.sent_at // _HOURS_S, status), set()).add(one.message_id)
        found: set[str] = set()
        for sends, ids in sorted(by_sends.items()):
            left = set(ids)
            for page in self._listings.setdefault(sends, _Listing(self._api, sends)).look_for(left):
                self._store.add_messages(page)
            found |= ids - left
        return found

    def _fetch(self, wanted: Wanted) -> Message | None:
        """Asks for one message and remembers it, or that it is gone; gives it where it exists."""
        contact, campaign = wanted.contact_id, wanted.campaign_id
        found = self._listed_for(wanted.message_id, contact, campaign) if contact else None
        if not found:
            found = self._api.one(f"message/{wanted.message_id}", {}, only(wanted.message_id, parse_message))
            if found and found.contact_id and found.campaign_id and not found.address:
                own = (found.contact_id, found.campaign_id)
                if own != (contact, campaign or found.campaign_id):  # else it was asked for so, in vain
                    found = self._listed_for(wanted.message_id, *own) or found
        if found:
            self._store.add_messages([found])
        else:
            self._gone.add(wanted.message_id)
        return found

    def _listed_for(self, message_id: str, contact: str, campaign: str | None) -> Message | None:
        params = {"Contact": contact, **({"Campaign": campaign} if campaign else {}), **SHOWN}
        with suppress(RefusedRequestError):  # so that one may be answered whose contact or campaign is gone
            for page in all_pages(self._api, "message", params, parse_message):
                for message in page:
                    if message.message_id == message_id:
                        return message
        return None
