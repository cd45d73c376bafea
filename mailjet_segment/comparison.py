"""The end of each demo: the events at Segment's stand-in are compared with the true events of the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailjet_sandbox.happened import Happened
from mailjet_segment.progress import Progress
from program.failure import Failure


@dataclass(frozen=True)
class Comparison:
    """Event ids that arrived, counted against those that are true. `beyond_rest`: events that REST cannot show."""

    arrived: int
    missing: int
    unknown: int
    beyond_rest: int

    @property
    def is_exact(self) -> bool:
        """Nothing missing, nothing made up."""
        return not self.missing and not self.unknown

    def __str__(self) -> str:
        sentence = f"{self.arrived:,} events arrived, {self.missing:,} are missing, {self.unknown:,} are made up."
        beyond = f" {self.beyond_rest:,} more are beyond what Mailjet's REST API can tell."
        return sentence + beyond if self.beyond_rest else sentence

    def refuse_difference(self) -> None:
        """Raises `Failure` unless it is exact."""
        if not self.is_exact:
            raise Failure("The events that arrived are not those that happened; please report this.")


def compare(happened: Iterable[Happened], event_ids: Iterable[str]) -> Comparison:
    """Compares by event id."""
    events = list(happened)
    known = {event.id for event in events}
    wanted = {event.id for event in events if not event.beyond_rest}
    arrived = set(event_ids)
    return Comparison(len(arrived), len(wanted - arrived), len(arrived - known), len(known - wanted - arrived))


def event_ids(ids_at_segment: Iterable[str]) -> Iterator[str]:
    """The event ids of calls at Segment, without the `-` and 8 hex digits of the write key at their end."""
    return (written.rsplit("-", 1)[0] for written in ids_at_segment)


def say_comparison(place: str, comparison: Comparison, progress: Progress) -> None:
    """Its sentence, green if nothing is missing or made up."""
    line = f"{place}, compared with what truly happened: {comparison}"
    progress.say(line, style="green" if comparison.is_exact else "red")
