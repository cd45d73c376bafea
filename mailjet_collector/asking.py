"""How much is asked of Mailjet at once, and when nothing is: pure bookkeeping of successes and failures.

One event may be the reason of a failure, and then its neighbours must not wait for it: so after a failure fewer events
are looked up together, down to one, and after a success more. While Mailjet cannot be asked at all, it is asked again
after a growing pause; meanwhile events that need no answer pass those that do.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_AT_ONCE = 1_000
"""Events that are looked up together."""
FEWER, MORE = 8, 4
"""`width` is divided by `FEWER` after a failure, and multiplied by `MORE` after a success."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


@dataclass
class Asking:
    """`width`: how many events are looked up together. `passed`: the last event that was tried without asking."""

    width: int = MOST_AT_ONCE
    passed: int = 0
    _paused_until_s: float = 0.0
    _pauses: int = 0

    def is_paused(self, now_s: float) -> bool:
        """Whether only events that need no answer of Mailjet are resolved now."""
        return now_s < self._paused_until_s

    def succeeded(self) -> None:
        """Mailjet was asked, or did not have to be: more at once from now on."""
        self.width = min(MOST_AT_ONCE, self.width * MORE)
        self._pauses = self.passed = 0

    def failed(self, count: int, now_s: float, *, for_all: bool) -> bool:
        """Notes that a look-up of `count` events failed; returns whether a single event seems to be the reason.

        `for_all`: Mailjet refuses every request, or cannot be reached at all.
        """
        self.width = max(1, min(count, self.width) // FEWER)
        if count > 1 and not for_all:
            return False
        self._paused_until_s = now_s + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**self._pauses)
        self._pauses = min(self._pauses + 1, 10)
        return not for_all
