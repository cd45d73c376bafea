"""The consequence for who sends, if a batch is not accepted."""

from __future__ import annotations

import hashlib

from program.failure import Failure
from segment_api.bisection import Settlement
from segment_api.outcome import Accepted, Malformed, TryLater


def explain(settlement: Settlement) -> Failure | None:
    """The failure that this batch causes; None if all of its calls are settled."""
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


def name_event(event_id: object) -> str:
    """A message id as a log may have it: one that holds an address is named by its digest."""
    text = str(event_id)
    if "@" in text:
        return f"the event whose message id has the SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:16]}..."
    return f"event {text}"
