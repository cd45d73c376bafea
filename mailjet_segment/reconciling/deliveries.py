"""Which deliveries are lost, and which are only counted at another time.

A message that is retried is delivered minutes to days after it was sent. Mailjet counts deliveries by either clock
(`CounterTiming`). The tables have the time of sending, or of the delivery if a sync saw the message wait. So a late
delivery moves a count from a day to another, by one clock or by the other, and never changes the sum; a lost one is
missing from the sum, and on its day by both clocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

Time = TypeVar("Time", bound=Hashable)


def lost_deliveries(
    by_delivery: Mapping[Time, int], by_sending: Mapping[Time, int], delivered_since: int = 0
) -> Counter[Time]:
    """How many deliveries are lost, by hour; below 0: we have too many. By Mailjet's surplus over us, on either clock.

    `delivered_since`: messages of these hours that were delivered after the tables were filled.
    """
    lost: Counter[Time] = Counter()
    remaining = sum(by_sending.values())
    sign = 1 if remaining >= 0 else -1
    remaining = max(0, remaining - delivered_since) if remaining > 0 else -remaining

    def by_both(time: Time) -> int:
        return min(sign * by_delivery.get(time, 0), sign * by_sending[time])

    times = sorted(by_sending, key=lambda time: (-by_both(time), -sign * by_sending[time]))
    for bound in (by_both, lambda time: sign * by_sending[time]):
        for time in times:
            count = min(remaining, max(0, bound(time) - sign * lost[time]))
            if count:
                lost[time] += sign * count
                remaining -= count
    return lost
