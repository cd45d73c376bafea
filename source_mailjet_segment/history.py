"""The history of one message: what happened to it, and when."""

from __future__ import annotations

from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.pages import all_pages
from source_mailjet_segment.rows import HistoryEvent, Message, parse_history_event


def read_history(api: Mailjet, message: Message) -> list[HistoryEvent]:
    """The events of a message; none where it no longer exists. Raises `SyncError` where Mailjet fails."""
    path = f"messagehistory/{message.message_id}"
    return [event for page in all_pages(api, path, {}, parse_history_event) for event in page]
