"""How the last sync of an account ended, as a note of its store: when, how much was new, what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from event_store.leadership import Leadership
from event_store.store import Store
from segment_events.instants import format_instant, parse_instant

NOTE = "last sync"
COMPLETE = "last complete sync"


@dataclass(frozen=True)
class LastSync:
    """`new`: events that were new to the store. `failures`: sentences; none, if all of it went well."""

    ended_at: datetime
    new: int
    failures: Sequence[str]


def note_last_sync(store: Store, leader: Leadership, sync: LastSync) -> None:
    """Notes the end of a sync, and if nothing failed, also as the last complete one."""
    written = {
        "ended_at": format_instant(sync.ended_at.replace(microsecond=0)),
        "new": sync.new,
        "failures": list(sync.failures),
    }
    store.set_note(leader.account, NOTE, written, leader)
    if not sync.failures:
        store.set_note(leader.account, COMPLETE, written, leader)


def read_last_sync(store: Store, account: str, note: str = NOTE) -> LastSync | None:
    """The last sync of an account, or by `COMPLETE` the last in which nothing failed; None if none was noted."""
    written: Mapping[str, Any] | None = store.note(account, note)
    if written is None:
        return None
    return LastSync(parse_instant(written["ended_at"]), int(written["new"]), tuple(written["failures"]))
