"""Whether an unsubscribe or a complaint was emitted by an earlier sync, or its history is not worth asking for. Pure.

For messages inside the engagement window, the memory has one of two marks for each kind: the event was emitted, or it
happened before start date S, which matters if an earlier start is configured later. For older messages it has one
`Look` for each completed sync: which event times of which send times it covered. A third mark says that a history did
not show the event when it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailjet_reading.feeds.engaged import Engaged
from mailjet_reading.limits import AGAIN_S, SEEN_BYTES
from mailjet_reading.packing import digest
from mailjet_rest.rows import Message


def emitted_mark(email_id: str, word: str) -> int:
    """The mark of an event that was emitted; `word` is its kind as Mailjet spells it."""
    return _mark(f"{email_id} {word}")


def lacking_mark(message: Message) -> int:
    """The mark of a history that did not show the event that the message's status names."""
    return emitted_mark(message.email_id, message.status)


def early_mark(email_id: str, word: str, start: int) -> int:
    """The mark of an event that happened before the start of the sync that read it."""
    return _mark(f"{email_id} {word} before {start}")


def is_known(message: Message, words: Iterable[str], start: int, before: Engaged) -> bool:
    """Whether the history of a message with this status would say nothing new, so that it need not be read."""

    def is_early(word: str, starts: Iterable[int]) -> bool:
        return any(early_mark(message.email_id, word, earlier_start) in before.seen for earlier_start in starts)

    earlier = [known_start for known_start in before.starts if known_start <= start]
    later = [known_start for known_start in before.starts if known_start > start]
    status = message.status
    if emitted_mark(message.email_id, status) not in before.seen and not is_early(status, earlier):
        return False
    return not any(is_early(word, later) and not is_early(word, earlier) for word in words)


def was_lacking(message: Message, now: int, before: Engaged) -> bool:
    """Whether the history was asked for within the last day, and did not show the event that the status names."""
    last_request = before.lacking.get(lacking_mark(message))
    return last_request is not None and last_request <= now < last_request + AGAIN_S


def was_emitted(message: Message, word: str, at: int, before: Engaged) -> bool:
    """Whether an earlier sync emitted the event of this kind, which happened at `at` (Unix seconds)."""
    if emitted_mark(message.email_id, word) in before.seen:
        return True
    if message.arrived_at >= before.seen_since:
        return False
    return any(look.since <= at < look.until and message.arrived_at >= look.sends_since for look in before.looks)


def _mark(text: str) -> int:
    return digest(text) >> 8 * (8 - SEEN_BYTES)
