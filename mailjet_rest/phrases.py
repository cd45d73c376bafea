"""Counts, instants and lengths of time in the words of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from mailjet_rest.windows import Span
from segment_events.instants import format_instant

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def listed(counts: Mapping[str, int]) -> str:
    """`13 message, 4 contactdata`, the largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {name}" for name, count in ordered)


def instant(second: float) -> str:
    """Unix seconds as `2026-01-31T23:59:59Z`."""
    return format_instant(datetime.fromtimestamp(int(second), timezone.utc))


def duration(seconds: float) -> str:
    """`2 h`, `1 d 3 h`, `12 s`: at most two units, of which the second is cut off."""
    remaining = max(0, int(seconds))
    for place, (length, unit) in enumerate(UNITS):
        if remaining >= length:
            rest = UNITS[place + 1 : place + 2]
            whole, below = divmod(remaining, length)
            more = [f"{below // shorter} {name}" for shorter, name in rest if below // shorter]
            return " ".join([f"{whole} {unit}", *more])
    return "0 s"


def stretch(spans: Sequence[Span]) -> str:
    """The beginning and the end, how long that is, and in how many pieces."""
    if not spans:
        return "nothing"
    length = duration(sum(until - since for since, until in spans))
    pieces = f", in {len(spans)} pieces" if len(spans) > 1 else ""
    return f"{instant(spans[0][0])} to {instant(spans[-1][1])} ({length}{pieces})"
