"""Whether this machine's clock and Mailjet's agree."""

from __future__ import annotations

from mailjet_rest.phrases import duration

MOST_APART_S = 3600
"""Clocks that differ by more are warned of."""


def warn_of_clock(origin: str, ahead_s: float) -> str | None:
    """The warning if Mailjet's clock is so far ahead of this machine's (below 0: behind), or None.

    None for an address on this machine: a stand-in may have its own time.
    """
    if abs(ahead_s) <= MOST_APART_S or not origin.startswith("https://"):
        return None
    side = "ahead of" if ahead_s > 0 else "behind"
    return (
        f"Mailjet's clock is {duration(abs(ahead_s))} {side} that of this machine: set this machine's clock if it is "
        "wrong; events are read up to the earlier of the two."
    )
