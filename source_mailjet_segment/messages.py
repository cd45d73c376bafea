"""The messages that events are about: from what the sync has listed already, else by campaign or one by one.

`message/{id}` is not documented to show address, subject and CustomID; `message?Contact=..&Campaign=..` is, so that
is how one message is asked for (Mailjet OpenAPI, `message`). A message that no longer exists is None.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import Executor
from typing import NamedTuple

from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.directory import WORTH_COUNTING, only
from source_mailjet_segment.feeds import SHOWN
from source_mailjet_segment.pages import LIMIT, all_pages
from source_mailjet_segment.rows import Message, parse_message
from source_mailjet_segment.store import Store

_AT_ONCE = 16
"""Messages of unknown campaign that are asked for before the campaigns they turn out to have are looked at again."""


class Wanted(NamedTuple):
    """A message that is asked for, with what its event says of it."""

    message_id: str
    contact_id: str | None
    campaign_id: str | None


class Messages:
    """Messages by id; may be used by many threads."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._api = api
        self._store = store
        self._pool = pool
        self._lock = threading.Lock()
        self._gone: set[str] = set()
        self._asked: Counter[str] = Counter()
        self._pages: dict[str, int] = {}
        self._listed: set[str] = set()

    def look_up(self, wanted: Iterable[Wanted]) -> dict[str, Message]:
        """Those of the messages that exist, by id. Raises `SyncError` where Mailjet fails."""
        by_id = {one.message_id: one for one in wanted}
        with self._lock:
            found = self._store.messages(list(by_id))
            missing = {one: by_id[one] for one in by_id if one not in found and one not in self._gone}
            while missing:
                self._ask_for_some(missing)
                found |= self._store.messages(list(missing))
                missing = {one: by_id[one] for one in missing if one not in found and one not in self._gone}
        return found

    def _ask_for_some(self, missing: dict[str, Wanted]) -> None:
        """Lists the campaigns for which that costs least; where there is none, asks for messages one by one."""
        wanted = Counter(one.campaign_id for one in missing.values() if one.campaign_id)
        unknown = sum(one.campaign_id is None for one in missing.values())
        candidates = {campaign: min(self._asked[campaign], unknown) for campaign in self._asked} if unknown else {}
        worth = [
            campaign
            for campaign in sorted({*wanted, *candidates})
            if campaign not in self._listed
            and self._listing_pays(campaign, wanted[campaign] + candidates.get(campaign, 0))
        ]
        for campaign in worth:
            self._list(campaign)
        if not worth:
            known = [one for one in missing.values() if one.campaign_id]
            some = known or list(missing.values())[:_AT_ONCE]
            for found in self._pool.map(self._fetch, some):
                self._asked.update(message.campaign_id for message in found if message.campaign_id)

    def _listing_pays(self, campaign: str, singles: int) -> bool:
        if singles < WORTH_COUNTING:
            return False
        if campaign not in self._pages:
            self._pages[campaign] = -(-self._api.count("message", {"Campaign": campaign}) // LIMIT)
        return self._pages[campaign] < singles

    def _list(self, campaign: str) -> None:
        for page in all_pages(self._api, "message", {"Campaign": campaign, **SHOWN}, parse_message):
            self._store.add_messages(page)
        self._listed.add(campaign)

    def _fetch(self, wanted: Wanted) -> Collection[Message]:
        """Asks for one message and remembers it, or that it is gone; gives it where it exists."""
        contact, campaign = wanted.contact_id, wanted.campaign_id
        found = self._listed_for(wanted.message_id, contact, campaign) if contact else None
        if not found:
            found = self._api.one(f"message/{wanted.message_id}", {}, only(wanted.message_id, parse_message))
            if found and found.contact_id and found.campaign_id and not (found.address or contact):
                shown = self._listed_for(wanted.message_id, found.contact_id, found.campaign_id)
                found = shown or found
        if not found:
            self._gone.add(wanted.message_id)
            return ()
        self._store.add_messages([found])
        return (found,)

    def _listed_for(self, message_id: str, contact: str, campaign: str | None) -> Message | None:
        params = {"Contact": contact, **({"Campaign": campaign} if campaign else {}), **SHOWN}
        for page in all_pages(self._api, "message", params, parse_message):
            for message in page:
                if message.message_id == message_id:
                    return message
        return None
