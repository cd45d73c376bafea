"""The consequence for the sync if a batch is not accepted."""

from __future__ import annotations

from destination_segment.tally import name_event
from program.failure import Failure
from segment_api.bisection import Settlement
from segment_api.outcome import Accepted, Malformed, TryLater


def explain(settlement: Settlement) -> Failure | None:
    """The failure of the sync that this batch causes; None if all of its calls are settled."""
    outcome = settlement.outcome
    if isinstance(outcome, Accepted):
        return None
    if isinstance(outcome, TryLater):
        return Failure(
            f"Segment did not take a batch in the time that it is tried again ({outcome.reason}): run the sync again "
            "later; it goes on from the last state.",
            "transient_error",
        )
    if isinstance(outcome, Malformed):
        return Failure(
            f"Segment refuses {name_event(settlement.culprit)}: {outcome.reason} to it alone. Mend it at its source, "
            "or set on_rejected to skip."
        )
    return Failure(outcome.sentence, "config_error")
