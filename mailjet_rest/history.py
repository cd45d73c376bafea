"""The history of one message: its events and their times."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import partial

from mailjet_rest.client import Mailjet
from mailjet_rest.pages import first_page, further_pages
from mailjet_rest.paging import AmbiguousListingError
from mailjet_rest.rows import HISTORY_KINDS, HistoryEvent, Message, parse_history_event


def read_history(api: Mailjet, message: Message, needed: Collection[str] = HISTORY_KINDS) -> list[HistoryEvent]:
    """The events of a message; none if it no longer exists. Two may be equal: two opens of one second by a proxy.

    `needed`: the kinds of event whose time must be readable. Raises `Failure` if Mailjet fails, or if a time is not.
    """
    path, parse = f"messagehistory/{message.email_id}", partial(parse_history_event, needed=needed)
    events: list[HistoryEvent] = []
    with suppress(AmbiguousListingError):  # all have come; which of two equal events came twice changes nothing
        for page in further_pages(api, path, {}, parse, first_page(api, path, {}, parse), rows_differ=False):
            events += page
    return events
