"""Whether an unsubscribe or a complaint was emitted by an earlier sync, or its history is not worth asking for. Pure.

Two marks are kept of a message's kinds of event, for as long as its sending is looked at: that the event was emitted,
or that it happened before the start of the sync that read it, which matters when an earlier start is configured. Of
messages that were sent before, only the looks of the syncs are known: which events, of which sends, they have
emitted. A third mark is that a history did not tell of the event when it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailjet_reading.packing import digest
from mailjet_reading.state import SEEN_BYTES, FeedState, Look
from mailjet_rest.rows import Message

MOST_LOOKS = 100
"""So many are kept; of more, every second of the older ones is forgotten. What only those knew is emitted again."""


AGAIN_S = 23 * 3600
"""How long a history that lacks its event is not asked for again: a day, less what a daily sync may come early."""


def emitted_mark(email_id: str, word: str) -> int:
    """The mark of an event that was emitted; `word` is its kind as Mailjet spells it."""
    return _mark(f"{email_id} {word}")


def lacking_mark(message: Message) -> int:
    """The mark of a history that did not tell of the event that the message shows."""
    return emitted_mark(message.email_id, message.status)


def early_mark(email_id: str, word: str, start: int) -> int:
    """The mark of an event that happened before the start of the sync that read it."""
    return _mark(f"{email_id} {word} before {start}")


def is_settled(message: Message, words: Iterable[str], start: int, before: FeedState) -> bool:
    """Whether nothing is to be learned from the history of a message with this status, so that it need not be read."""

    def is_early(word: str, starts: Iterable[int]) -> bool:
        return any(early_mark(message.email_id, word, one) in before.seen for one in starts)

    earlier = [one for one in before.starts if one <= start]
    later = [one for one in before.starts if one > start]
    status = message.status
    if emitted_mark(message.email_id, status) not in before.seen and not is_early(status, earlier):
        return False
    return not any(is_early(word, later) and not is_early(word, earlier) for word in words)


def was_lacking(message: Message, now: int, before: FeedState) -> bool:
    """Whether the history was asked for within the last day, and did not tell of the event that the message shows."""
    asked_at = before.lacking.get(lacking_mark(message))
    return asked_at is not None and asked_at <= now < asked_at + AGAIN_S


def was_emitted(message: Message, word: str, at: int, before: FeedState) -> bool:
    """Whether an earlier sync emitted the event of this kind, which happened at `at` (Unix seconds)."""
    if emitted_mark(message.email_id, word) in before.seen:
        return True
    if message.arrived_at >= before.seen_since:
        return False
    return any(look.since <= at < look.until and message.arrived_at >= look.sends_since for look in before.looks)


def add_look(looks: tuple[Look, ...], new: Look) -> tuple[Look, ...]:
    """The looks with a new one, none of which contains another."""
    if any(_contains(look, new) for look in looks):
        return looks
    kept = [look for look in looks if not _contains(new, look)]
    if len(kept) >= MOST_LOOKS:
        half = len(kept) // 2
        kept = kept[:half:2] + kept[half:]
    return (*kept, new)


def _contains(look: Look, other: Look) -> bool:
    return look.since <= other.since and other.until <= look.until and look.sends_since <= other.sends_since


def _mark(text: str) -> int:
    return digest(text) >> 8 * (8 - SEEN_BYTES)
