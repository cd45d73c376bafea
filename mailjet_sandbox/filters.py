"""What the selections share: the numbers of the statuses, and a stretch of what is in order of time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from mailjet_sandbox.query import Query, RefusedError

STATUS_WORDS = (
    "unknown",
    "queued",
    "sent",
    "opened",
    "clicked",
    "bounce",
    "spam",
    "unsub",
    "blocked",
    "softbounced",
    "hardbounced",
    "deferred",
)
"""The word in a row for each number of the filter `MessageStatus` (Mailjet SDK types; 0 is "processed")."""


def status_word(status: int) -> str:
    """The word for a value of `MessageStatus`; raises `RefusedError` (400) for a number that none has."""
    if status >= len(STATUS_WORDS):
        raise RefusedError(400, "Invalid value for MessageStatus")
    return STATUS_WORDS[status]


def refuse_what_is_gone(query: Query, contact: int | None = None, campaign: int | None = None) -> None:
    """An error for a filter by an erased contact or a deleted campaign, where the switch says so."""
    answer = query.switches.filter_by_what_is_gone
    if answer == "rows":
        return
    is_contact_gone = contact is not None and query.view.contact(contact) is None
    if is_contact_gone or (campaign is not None and campaign not in query.view.account.campaign_by_id):
        raise RefusedError(int(answer), "Object not found" if answer == "404" else "Invalid ID")


def between(ordered: Sequence[Any], first: int, last: int, clock: Callable[[Any], int]) -> Sequence[Any]:
    """What of a sequence in order of its clock lies from `first` to `last`, both included."""
    return ordered[bisect_left(ordered, first, key=clock) : bisect_right(ordered, last, key=clock)]
