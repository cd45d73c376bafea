"""How the last sync of an account ended, as a note of its store: when, how many events were new, which parts failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from event_store.leadership import Leadership
from event_store.store import Store
from segment_events.instants import format_instant, parse_instant

NOTE = "last sync"


@dataclass(frozen=True)
class LastSync:
    """`new`: events that were new to the store. `failures`: sentences; none, if all of it went well.

    `complete_at`: when the last sync ended in which nothing failed.
    """

    ended_at: datetime
    new: int
    failures: Sequence[str]
    complete_at: datetime | None


def note_last_sync(store: Store, leader: Leadership, ended_at: datetime, new: int, failures: Sequence[str]) -> None:
    """Notes the end of a sync."""
    former = read_last_sync(store, leader.account)
    ended_at = ended_at.replace(microsecond=0)
    complete_at = ended_at if not failures else former.complete_at if former else None
    written = {
        "ended_at": format_instant(ended_at),
        "new": new,
        "failures": list(failures),
        "complete_at": format_instant(complete_at) if complete_at else None,
    }
    store.set_note(leader.account, NOTE, written, leader)


def read_last_sync(store: Store, account: str) -> LastSync | None:
    """The last sync of an account; None if none was noted."""
    written = store.note(account, NOTE)
    if written is None:
        return None
    complete_at = written["complete_at"]
    return LastSync(
        parse_instant(written["ended_at"]),
        int(written["new"]),
        tuple(written["failures"]),
        parse_instant(complete_at) if complete_at else None,
    )
