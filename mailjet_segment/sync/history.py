"""Which of the older events a Segment source gets: those from before this store first sent to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from event_store.cursor import place_of
from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_collector.config import SegmentConfig
from mailjet_collector.forward_plan import ForwardPlan, parse_note, sent_again, to_note, to_text
from mailjet_collector.forwarding import consumer_name, plan_note
from program.failure import Failure

YOUNG = timedelta(days=1)
"""Events younger than this are sent without asking: Segment drops an id that it has had within a day."""
FROM_THE_FIRST = ""
"""As an instant in a plan: before every other."""


@dataclass(frozen=True)
class Wishes:
    """The wishes of the user: `--history` and `--resend-from`."""

    history: Literal["send", "skip"] | None = None
    resend_from: datetime | None = None


def decide_history(
    store: Store, leader: Leadership, segment: SegmentConfig, place_name: str, wishes: Wishes, now: datetime
) -> None:
    """Decides once for each account, write key and region, and notes the decision; then obeys `--resend-from`.

    Without a wish, the first run of a store sends all; a later one raises `Failure` if there are events older than a
    day. Only the user knows whether to send them: an event that is sent twice is there twice, and an event that is not
    sent may be missing.
    """
    account, consumer = leader.account, consumer_name(segment)
    note = store.note(account, plan_note(consumer))
    if note is None:
        if wishes == Wishes():
            _refuse_to_guess(store, account, place_name, now)
        plan = _first_plan(wishes, now)
    elif wishes.resend_from is None:
        return
    else:
        plan = sent_again(parse_note(note), place_of(store.consumer(account, consumer).after), wishes.resend_from)
    store.set_note(account, plan_note(consumer), to_note(plan), leader)


def _first_plan(wishes: Wishes, now: datetime) -> ForwardPlan:
    since = now - YOUNG if wishes.history == "skip" else wishes.resend_from if wishes.history is None else None
    text = to_text(since) if since else FROM_THE_FIRST
    return ForwardPlan(first_start=text, since=text)


def _refuse_to_guess(store: Store, account: str, place_name: str, now: datetime) -> None:
    """Raises `Failure` if there is something to decide."""
    if old := store.count_before(account, now - YOUNG):
        raise Failure(
            f"This store has not sent to this write key at {place_name} before, and holds {old:,} events older than a "
            "day: say --history send to send them too, or --history skip to leave them out."
        )
