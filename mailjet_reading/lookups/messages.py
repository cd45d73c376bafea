"""The messages that events are about: those that the sync has listed already, else listed by time or one by one.

`message/{id}` is not documented to show address, subject and CustomID, but `message?Contact=..&Campaign=..` is. So a
single message is asked for in that way (Mailjet OpenAPI, `message`), within bounds of time, because a contact may have
thousands. A message that no longer exists is None.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import suppress

from mailjet_reading.limits import ABOUT_S
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.sends import Sends, Wanted
from mailjet_rest.client import Mailjet, Params
from mailjet_rest.directory import only
from mailjet_rest.errors import RefusedRequestError
from mailjet_rest.pages import all_pages, first_page
from mailjet_rest.resources import SHOWN
from mailjet_rest.rows import Message, parse_message
from mailjet_rest.windows import Span


class Messages:
    """Messages by id; may be used by many threads."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._api = api
        self._store = store
        self._pool = pool
        self._sends = Sends(api, store, pool)
        self._lock = threading.Lock()
        self._gone: set[str] = set()

    def expect(self, unlisted: Iterable[Span]) -> None:
        """Names the spans whose events the sync reads, while its deliveries do not list their sends."""
        self._sends.expect(unlisted)

    def look_up(self, wanted: Iterable[Wanted]) -> dict[str, Message]:
        """Those of the messages that exist, by id. Raises `Failure` if Mailjet fails."""
        by_id = {message.email_id: message for message in wanted}
        with self._lock:
            found = self._store.messages(list(by_id))
            missing = {key: message for key, message in by_id.items() if key not in found and key not in self._gone}
            self._sends.look_for(missing.values())
            found |= self._store.messages(list(missing))
            unfound = [message for key, message in missing.items() if key not in found]
            fetched = self._pool.map(self._fetch, unfound)
            return found | {message.email_id: message for message in fetched if message}

    def _fetch(self, wanted: Wanted) -> Message | None:
        """Asks for one message and remembers it, or that it is gone; gives it if it exists."""
        refused: str | None = None
        try:
            found = self._find_among_sends(wanted)
        except RefusedRequestError:  # the contact or the campaign is gone; the message may be there
            found, refused = None, wanted.contact_id
        if not found:
            found = self._api.find(f"message/{wanted.email_id}", {}, only(wanted.email_id, parse_message))
            if found and found.contact_id and found.contact_id != refused and not found.address:
                with suppress(RefusedRequestError):
                    found = self._find_shown(found, found.contact_id, wanted) or found
        if found:
            self._store.add_messages([found])
        else:
            self._gone.add(wanted.email_id)
        return found

    def _find_among_sends(self, wanted: Wanted) -> Message | None:
        """Looks on the first page of the messages to the contact then, which has it unless there are very many."""
        if not wanted.contact_id or not wanted.sent_at:
            return None
        sent = wanted.earliest, wanted.sent_at
        try:
            page = self._first_page_to(wanted.contact_id, wanted.campaign_id, sent)
        except RefusedRequestError:
            if not wanted.campaign_id:
                raise
            page = self._first_page_to(wanted.contact_id, None, sent)  # perhaps the campaign alone is gone
        return _pick(wanted.email_id, [page])

    def _first_page_to(self, contact: str, campaign: str | None, sent: Span) -> list[Message]:
        return first_page(self._api, "message", _sent_to(contact, campaign, sent), parse_message)

    def _find_shown(self, message: Message, contact: str, wanted: Wanted) -> Message | None:
        """The message with address, subject and CustomID: among the messages to the contact then, or ever."""
        campaign, at = message.campaign_id or wanted.campaign_id, message.arrived_at
        for span in ((at, at), None) if at else (None,):
            pages = all_pages(self._api, "message", _sent_to(contact, campaign, span), parse_message)
            if found := _pick(message.email_id, pages):
                return found
        return None


def _sent_to(contact: str, campaign: str | None, sent: Span | None) -> Params:
    """The parameters that list the messages to a contact: in a campaign, between two instants, if these are known."""
    params: dict[str, str | int] = {"Contact": contact, **SHOWN}
    if campaign:
        params["Campaign"] = campaign
    if sent:
        params |= {"FromTS": max(0, sent[0] - ABOUT_S), "ToTS": sent[1] + ABOUT_S}
    return params


def _pick(email_id: str, pages: Iterable[list[Message]]) -> Message | None:
    return next((message for page in pages for message in page if message.email_id == email_id), None)
