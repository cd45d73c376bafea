"""The history of one message: what happened to it, and when."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from mailjet_rest.client import Mailjet
from mailjet_rest.pages import all_pages
from mailjet_rest.rows import HISTORY_KINDS, HistoryEvent, Message, parse_history_event


def read_history(api: Mailjet, message: Message, needed: Collection[str] = HISTORY_KINDS) -> list[HistoryEvent]:
    """The events of a message; none where it no longer exists.

    `needed`: the kinds of event whose time must be readable. Raises `Failure` where Mailjet fails, or it is not.
    """
    path, parse = f"messagehistory/{message.message_id}", partial(parse_history_event, needed=needed)
    return [event for page in all_pages(api, path, {}, parse) for event in page]
