"""The end of each demo: the events at Segment's stand-in are compared with the true events of the sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailjet_sandbox.happened import Happened
from mailjet_segment.progress import Progress
from program.failure import Failure


@dataclass(frozen=True)
class Comparison:
    """Event ids at Segment, counted against the ids of the true events. `beyond_rest`: events that REST cannot show."""

    arrived: int
    missing: int
    unknown: int
    beyond_rest: int

    @property
    def is_exact(self) -> bool:
        """Nothing missing, nothing made up."""
        return not self.missing and not self.unknown

    def __str__(self) -> str:
        sentence = (
            f"Compared with what truly happened: {self.arrived:,} events arrived, {self.missing:,} are missing, "
            f"{self.unknown:,} are made up."
        )
        beyond = f" {self.beyond_rest:,} more are beyond what Mailjet's REST API can tell."
        return sentence + beyond if self.beyond_rest else sentence

    def refuse_difference(self) -> None:
        """Raises `Failure` unless it is exact."""
        if not self.is_exact:
            raise Failure("The events at Segment are not those that happened; please report this.")


def compare(happened: Iterable[Happened], message_ids: Iterable[str]) -> Comparison:
    """Compare by event id; the ids at Segment end in `-` and 8 hex digits of the write key, which are left aside."""
    events = list(happened)
    known = {event.id for event in events}
    wanted = {event.id for event in events if not event.beyond_rest}
    arrived = {event_id.rsplit("-", 1)[0] for event_id in message_ids}
    return Comparison(len(arrived), len(wanted - arrived), len(arrived - known), len(known - wanted - arrived))


def say_comparison(comparison: Comparison, progress: Progress) -> None:
    """Its sentence, green if nothing is missing or made up."""
    progress.say(str(comparison), style="green" if comparison.is_exact else "red")
