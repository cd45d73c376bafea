"""What was lost and what came twice: ids that arrived against what the sandbox says happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.segment_ledger import SegmentLedger
from segment_events.kinds import TRACKS

SETTLED = timedelta(seconds=5)
"""The end of a sync is so long before now: what happened later is the next one's."""

IdsOf = Callable[[Happened], Iterable[str]]
"""Under which ids an event must arrive."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, None where it did not end by itself, and the sentence its user sees."""

    exit_code: int | None
    sentence: str = ""


@dataclass(frozen=True)
class Outcome:
    """A cell of the matrix. `ended` is the run under the fault; the counts are over it and the run that resumed it.

    `silent`: what was missing although the run under the fault claimed success. `doubled`: how many more arrived than
    ids did; `after_dedup`: ids of no event that happened, which is what a second id of one event would be.
    """

    ended: Ended
    resumed: Ended
    silent: int
    lost: int
    doubled: int
    after_dedup: int
    note: str = ""

    @property
    def is_defect(self) -> bool:
        """Whether events are gone, are there twice, or were missing behind a success."""
        return bool(self.silent or self.lost or self.after_dedup or self.resumed.exit_code != 0)


NOT_NEEDED = Ended(0)
"""The run that resumes one which ended well, where it would have nothing to do."""


class Expected:
    """The ids that must have arrived in the end, and those that may: what happened, as of each look at the account."""

    def __init__(self, ids_of: IdsOf) -> None:
        self._ids_of = ids_of
        self._must: set[str] = set()
        self._may: set[str] = set()

    def look(self, sandbox: Sandbox, ends_earlier: timedelta = timedelta(0)) -> None:
        """Looks at the account as a run that begins now can see it, which ends so much earlier than now."""
        now = sandbox.now
        listed = [event for event in sandbox.truth(until=now - SETTLED - ends_earlier) if _is_listed(event, now)]
        self._must = {key for event in listed for key in self._ids_of(event)}
        self._may |= {key for event in sandbox.truth() for key in self._ids_of(event)}

    def missing(self, arrived: Iterable[str]) -> int:
        """How many of what a run could see did not arrive."""
        return len(self._must - set(arrived))

    def strange(self, arrived: Iterable[str]) -> int:
        """How many arrived of what never happened."""
        return len(set(arrived) - self._may)


def in_streams(event: Happened) -> list[str]:
    """An event as a source emits it: in its own stream, and in `tracks`."""
    return [f"{event.stream}/{event.id}", f"{TRACKS}/{event.id}"]


def by_id(event: Happened) -> list[str]:
    """An event as Segment gets it."""
    return [event.id]


def accepted_ids(ledger: SegmentLedger) -> list[str]:
    """The ids of the events that Segment has, without the digest of the write key that the destination appends."""
    return [event_id.rsplit("-", 1)[0] for event_id in ledger.message_ids]


def _is_listed(event: Happened, now: datetime) -> bool:
    return not event.beyond_rest and event.listed_at <= now
