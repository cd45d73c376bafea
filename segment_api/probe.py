"""Whether Segment can be reached: nothing else can be known before the first events are sent."""

from __future__ import annotations

from collections.abc import Callable

from segment_api.outcome import Accepted, Hopeless, Malformed, Outcome, TryLater
from segment_api.packer import EMPTY_BODY

TIMEOUT_S = (5.0, 10.0)
ATTEMPTS = 2
PAUSE_S = 1.0

NOT_PROVEN = (
    "Segment was reached. Its API answers 200 whatever the write key, so the key is not proven by it: after the first "
    "sync, look for the events in the Debugger of the Segment source."
)


def probe(post: Callable[[bytes], Outcome], origin: str, sleep: Callable[[float], object]) -> tuple[bool, str]:
    """Posts an empty batch; whether Segment was reached, and the sentence for the user.

    A 400 in JSON counts: an API answers so to an empty batch, and a web page would not.
    """
    for attempt in range(ATTEMPTS):
        outcome = post(EMPTY_BODY)
        if not isinstance(outcome, TryLater):
            break
        if attempt + 1 < ATTEMPTS:
            sleep(PAUSE_S)
    if isinstance(outcome, Accepted) or (isinstance(outcome, Malformed) and outcome.in_json):
        return True, NOT_PROVEN
    if isinstance(outcome, Hopeless):
        return False, outcome.sentence
    return (
        False,
        f"Segment cannot be reached at {origin} ({outcome.reason}): check 'region' and this machine's network.",
    )
