"""The messages that events are about: from what the sync has listed already, else listed by time or one by one.

A message that was opened or clicked, or that bounced, shows that as its status; so the sends of a stretch of time are
listed by those statuses, which is a fraction of them, once that costs less than asking for each message.

`message/{id}` is not documented to show address, subject and CustomID; `message?Contact=..&Campaign=..` is, so that
is how one message is asked for (Mailjet OpenAPI, `message`). A message that no longer exists is None.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import NamedTuple

from segment_events.kinds import BOUNCED, CLICKED, OPENED, Kind
from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.config import DAY_S
from source_mailjet_segment.directory import WORTH_COUNTING, only
from source_mailjet_segment.feeds import MESSAGES, SHOWN
from source_mailjet_segment.listing import cut, read_rows
from source_mailjet_segment.pages import LIMIT, all_pages
from source_mailjet_segment.rows import Message, parse_message
from source_mailjet_segment.store import Store
from source_mailjet_segment.windows import Span

_ENGAGED = ("3", "4")
_STATUSES: Mapping[Kind, tuple[str, ...]] = {OPENED: _ENGAGED, CLICKED: _ENGAGED, BOUNCED: ("5", "8", "9", "10")}
"""`MessageStatus` of nearly all messages that such an event is about (types of Mailjet's client); the events of the
other kinds come with their message.
"""
_AT_ONCE = 16
"""Messages of unknown sending that are asked for before it is looked again what they tell of the others."""


class Wanted(NamedTuple):
    """A message that is asked for, with what its event says of it: `sent_at`, about when it was sent, and its kind."""

    message_id: str
    contact_id: str | None
    campaign_id: str | None
    sent_at: int | None = None
    kind: Kind | None = None


class Sends(NamedTuple):
    """The messages of a stretch of sending times that have one of the statuses."""

    since: int
    until: int
    statuses: tuple[str, ...]


class Plan(NamedTuple):
    """How sends are listed: the windows of each status, and how many requests they take."""

    windows: list[tuple[str, Span]]
    requests: int


class Messages:
    """Messages by id; may be used by many threads. `until`: the end of the sync, from which stretches count back."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor, until: int) -> None:
        self._api = api
        self._store = store
        self._pool = pool
        self._until = until
        self._lock = threading.Lock()
        self._gone: set[str] = set()
        self._asked: Counter[Sends] = Counter()
        self._plans: dict[Sends, Plan] = {}
        self._listed: set[Sends] = set()

    def look_up(self, wanted: Iterable[Wanted]) -> dict[str, Message]:
        """Those of the messages that exist, by id. Raises `SyncError` where Mailjet fails."""
        by_id = {one.message_id: one for one in wanted}
        with self._lock:
            found = self._store.messages(list(by_id))
            missing = self._missing(by_id, found)
            while missing:
                self._ask_for_some(list(missing.values()))
                found |= self._store.messages(list(missing))
                missing = self._missing(missing, found)
        return found

    def _missing(self, wanted: Mapping[str, Wanted], found: Mapping[str, Message]) -> dict[str, Wanted]:
        return {key: one for key, one in wanted.items() if key not in found and key not in self._gone}

    def _ask_for_some(self, missing: list[Wanted]) -> None:
        """Lists the stretches for which that costs least; where there is none, asks for messages one by one.

        Messages of unknown sending are thought to be where those were that have been asked for.
        """
        wanted = Counter(sends for one in missing if (sends := self._sends_of(one.kind, one.sent_at)))
        unknown = Counter(_STATUSES[one.kind] for one in missing if one.kind and one.sent_at is None)
        for sends, asked in self._asked.items():
            wanted[sends] += min(asked, unknown[sends.statuses])
        worth = [sends for sends in sorted(wanted) if self._listing_pays(sends, wanted[sends])]
        for sends in worth:
            self._list(sends)
        if not worth:
            some = [one for one in missing if one.sent_at is not None] or missing[:_AT_ONCE]
            for one, found in zip(some, self._pool.map(self._fetch, some), strict=True):
                sent_at = found.arrived_at if found else one.sent_at
                self._asked.update(sends for sends in [self._sends_of(one.kind, sent_at)] if sends)

    def _sends_of(self, kind: Kind | None, sent_at: int | None) -> Sends | None:
        """The stretch that a message is listed with: the last day, and then ever longer ones, as events get rarer."""
        if sent_at is None or kind is None:
            return None
        days = max(0, self._until - sent_at) // DAY_S
        doubled = days.bit_length()
        since, until = self._until - (DAY_S << doubled), self._until - (DAY_S << doubled >> 1) * bool(doubled)
        return Sends(max(0, since), until, _STATUSES[kind])

    def _listing_pays(self, sends: Sends, singles: int) -> bool:
        if sends in self._listed or singles < max(WORTH_COUNTING, len(sends.statuses)):
            return False
        if sends not in self._plans:
            self._plans[sends] = self._plan(sends)
        return self._plans[sends].requests < singles

    def _plan(self, sends: Sends) -> Plan:
        span = (sends.since, sends.until)
        windows, requests = [], 0
        for status in sends.statuses:
            rows = self._api.count("message", {"MessageStatus": status, "FromTS": sends.since, "ToTS": sends.until})
            windows += [(status, window) for window in cut(span, rows)]
            requests += -(-rows // LIMIT)
        return Plan(windows, requests)

    def _list(self, sends: Sends) -> None:
        for _ in self._pool.map(self._list_window, self._plans[sends].windows):
            pass
        self._listed.add(sends)

    def _list_window(self, window: tuple[str, Span]) -> None:
        status, span = window
        for _, rows in read_rows(self._api, MESSAGES, span, {"MessageStatus": status}):
            self._store.add_messages(row for row in rows if isinstance(row, Message))

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
