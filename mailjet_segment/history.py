"""The choice of the older events for a destination: events from before this database first sent to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailjet_segment.outbox import Outbox
from program.failure import Failure

YOUNG = timedelta(days=1)
"""Events younger than this are sent without asking: Segment drops an id that it has had within a day."""


@dataclass(frozen=True)
class Wishes:
    """The wishes of the user: `--history` and `--resend-from`."""

    history: Literal["send", "skip"] | None = None
    resend_from: datetime | None = None


def decide_history(outbox: Outbox, wishes: Wishes, where: str, is_first_run: bool, now: datetime) -> None:
    """Decide once for each write key and region, and remember the decision; then obey `--resend-from`.

    Without a wish, the first run of a database sends all; a later one refuses if there are events older than a day.
    Only the user knows whether to send them: an event that is sent twice is there twice, and an event that is
    not sent may be missing.
    """
    if not outbox.is_known():
        former = outbox.of_former_release()
        if wishes == Wishes() and not is_first_run:
            _refuse_to_guess(outbox, former, where, now)
        if former:
            outbox.decide_former(counts=wishes.history != "send")
        outbox.know(None if former else _sent_from(wishes, now))
    if wishes.resend_from is not None:
        outbox.send_again_from(wishes.resend_from)


def _sent_from(wishes: Wishes, now: datetime) -> datetime | None:
    if wishes.history == "skip":
        return now - YOUNG
    return wishes.resend_from if wishes.history is None else None


def _refuse_to_guess(outbox: Outbox, former: int, where: str, now: datetime) -> None:
    """Raises `Failure` if there is something to decide."""
    if former:
        raise Failure(
            f"An earlier release sent {former:,} events with this write key and did not record the region: say "
            f"--history skip if they are in your source at {where}, or --history send to send them again, with the "
            "same ids."
        )
    old = outbox.held_before(now - YOUNG)
    if old:
        raise Failure(
            f"This database has not sent to this write key at {where} before, and holds {old:,} events older than a "
            "day: say --history send to send them too, or --history skip to leave them out."
        )
