"""The messages that events are about: from what the sync has listed already, else listed by time or one by one.

A message that was opened or clicked shows that as its status; so the sends of some hours are listed by those statuses,
which is a fraction of them, where that costs less than asking for each message.

`message/{id}` is not documented to show address, subject and CustomID; `message?Contact=..&Campaign=..` is, so that
is how one message is asked for (Mailjet OpenAPI, `message`). A message that no longer exists is None.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import NamedTuple

from segment_events.kinds import CLICKED, OPENED, Kind
from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.directory import only
from source_mailjet_segment.feeds import MESSAGES, SHOWN
from source_mailjet_segment.listing import read_rows
from source_mailjet_segment.pages import LIMIT, ShortListingError, all_pages
from source_mailjet_segment.rows import Message, parse_message
from source_mailjet_segment.store import Store

_ENGAGED = frozenset({OPENED, CLICKED})
_STATUSES = ("3", "4")
"""`MessageStatus` opened and clicked: of nearly all messages that such events are about (types of Mailjet's client)."""
_HOURS_S = 6 * 3600
"""The sends that are listed together: a campaign is sent in a few hours."""
_WORTH_COUNTING = 6
"""From so many single requests on, it pays to ask how long the listings are."""


class Wanted(NamedTuple):
    """A message that is asked for, with what its event says of it: `sent_at`, about when it was sent, and its kind."""

    message_id: str
    contact_id: str | None
    campaign_id: str | None
    sent_at: int | None = None
    kind: Kind | None = None


class Messages:
    """Messages by id; may be used by many threads."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._api = api
        self._store = store
        self._pool = pool
        self._lock = threading.Lock()
        self._gone: set[str] = set()
        self._asked: Counter[int] = Counter()
        self._counts: dict[int, list[int]] = {}
        self._listed: set[int] = set()

    def look_up(self, wanted: Iterable[Wanted]) -> dict[str, Message]:
        """Those of the messages that exist, by id. Raises `SyncError` where Mailjet fails."""
        by_id = {one.message_id: one for one in wanted}
        with self._lock:
            found = self._store.messages(list(by_id))
            missing = self._missing(by_id, found)
            if missing and self._list_what_pays(missing.values()):
                found |= self._store.messages(list(missing))
                missing = self._missing(missing, found)
            fetched = self._pool.map(self._fetch, missing.values())
            return found | {one.message_id: one for one in fetched if one}

    def _missing(self, wanted: Mapping[str, Wanted], found: Mapping[str, Message]) -> dict[str, Wanted]:
        return {key: one for key, one in wanted.items() if key not in found and key not in self._gone}

    def _list_what_pays(self, missing: Iterable[Wanted]) -> bool:
        """Lists the hours of sending for which that costs less than single requests; tells whether it did."""
        wanted = Counter(one.sent_at // _HOURS_S for one in missing if one.kind in _ENGAGED and one.sent_at)
        worth = [hours for hours in sorted(wanted) if self._listing_pays(hours, wanted[hours])]
        for hours in worth:
            self._list(hours)
        return bool(worth)

    def _listing_pays(self, hours: int, missing: int) -> bool:
        singles = self._asked[hours] + missing
        if hours in self._listed or singles < _WORTH_COUNTING:
            self._asked[hours] = singles
            return False
        if hours not in self._counts:
            self._counts[hours] = [self._api.count("message", _params(hours, status)) for status in _STATUSES]
        pays = sum(-(-count // LIMIT) for count in self._counts[hours]) < singles
        if not pays:
            self._asked[hours] = singles
        return pays

    def _list(self, hours: int) -> None:
        span = (hours * _HOURS_S, (hours + 1) * _HOURS_S)
        for status, count in zip(_STATUSES, self._counts[hours], strict=True):
            with suppress(ShortListingError):  # they go on being opened and clicked; who is missing is asked for
                for _, rows in read_rows(self._api, MESSAGES, span, {"MessageStatus": status}, count):
                    self._store.add_messages(row for row in rows if isinstance(row, Message))
        self._listed.add(hours)

    def _fetch(self, wanted: Wanted) -> Message | None:
        """Asks for one message and remembers it, or that it is gone; gives it where it exists."""
        contact, campaign = wanted.contact_id, wanted.campaign_id
        found = self._listed_for(wanted.message_id, contact, campaign) if contact else None
        if not found:
            found = self._api.one(f"message/{wanted.message_id}", {}, only(wanted.message_id, parse_message))
            if found and found.contact_id and found.campaign_id and not (found.address or contact):
                shown = self._listed_for(wanted.message_id, found.contact_id, found.campaign_id)
                found = shown or found
        if found:
            self._store.add_messages([found])
        else:
            self._gone.add(wanted.message_id)
        return found

    def _listed_for(self, message_id: str, contact: str, campaign: str | None) -> Message | None:
        params = {"Contact": contact, **({"Campaign": campaign} if campaign else {}), **SHOWN}
        for page in all_pages(self._api, "message", params, parse_message):
            for message in page:
                if message.message_id == message_id:
                    return message
        return None


def _params(hours: int, status: str) -> dict[str, str | int]:
    return {"MessageStatus": status, "FromTS": hours * _HOURS_S, "ToTS": (hours + 1) * _HOURS_S}
