"""The history of one message: what happened to it, and when."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import partial

from mailjet_rest.client import Mailjet
from mailjet_rest.pages import first_page, further_pages
from mailjet_rest.paging import AmbiguousListingError
from mailjet_rest.rows import HISTORY_KINDS, HistoryEvent, Message, parse_history_event


def read_history(api: Mailjet, message: Message, needed: Collection[str] = HISTORY_KINDS) -> list[HistoryEvent]:
    """The events of a message; none where it no longer exists. Some may be alike: two opens of one second by a proxy.

    `needed`: the kinds of event whose time must be readable. Raises `Failure` where Mailjet fails, or it is not.
    """
    path, parse = f"messagehistory/{message.email_id}", partial(parse_history_event, needed=needed)
    events: list[HistoryEvent] = []
    with suppress(AmbiguousListingError):  # all have come; which of those that are alike came twice changes nothing
        for page in further_pages(api, path, {}, parse, first_page(api, path, {}, parse), rows_differ=False):
            events += page
    return events
