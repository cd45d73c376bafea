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
    sent may be missing. Until something was sent, another `--history` changes the decision.
    """
    account, consumer = leader.account, consumer_name(segment)
    note = store.note(account, plan_note(consumer))
    if note is None:
        plan = _first_plan(store, account, place_name, wishes, now)
    else:
        plan, place = parse_note(note), place_of(store.consumer(account, consumer).after)
        if _changes(wishes, plan, place):
            plan = _first_plan(store, account, place_name, wishes, now)
        elif wishes.resend_from is None:
            return
        else:
            plan = sent_again(plan, place, wishes.resend_from)
    store.set_note(account, plan_note(consumer), to_note(plan), leader)


def _changes(wishes: Wishes, plan: ForwardPlan, place: int) -> bool:
    """Whether a decision gives way to the opposite. A `skip` that is said again keeps its instant."""
    if wishes.history is None or place or plan.again:
        return False
    return (wishes.history == "skip") == (plan.since == FROM_THE_FIRST)


def _first_plan(store: Store, account: str, place_name: str, wishes: Wishes, now: datetime) -> ForwardPlan:
    """The plan of all events, or of those of the last day and since `--resend-from`."""
    old = store.count_before(account, now - YOUNG)
    if wishes == Wishes() and old:
        raise Failure(
            f"This store has not sent to this write key at {place_name} before, and holds {old:,} events older than a "
            "day: say --history send to send them too, or --history skip to leave them out."
        )
    is_whole = wishes.history == "send" or (wishes.history is None and not old)
    text = FROM_THE_FIRST if is_whole else to_text(min(now - YOUNG, wishes.resend_from or now))
    return ForwardPlan(first_start=text, since=text)
