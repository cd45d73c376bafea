"""Trying again: around any way to send, reading nothing of an outcome but its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from segment_api.limits import RETRY_FOR_S
from segment_api.outcome import Outcome, TryLater
from segment_api.packer import Body

Post = Callable[[Body], Outcome]


@dataclass(frozen=True)
class RetryRule:
    """For how long a request is tried again, and the bounds of the growing wait in between."""

    for_s: float = RETRY_FOR_S
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0


def plan_wait_s(rule: RetryRule, attempt: int, asked_s: float | None, spent_s: float, chance: float) -> float | None:
    """How long to wait after the failed `attempt` (1 is the first); None when the time is up.

    Never shorter than asked for, except that the last attempt falls on the end of the time. `chance` in [0, 1) spreads
    the attempts of many workers.
    """
    left_s = rule.for_s - spent_s
    if left_s <= 0:
        return None
    backoff_s = min(rule.longest_wait_s, rule.first_wait_s * 2.0 ** min(attempt - 1, 60)) * (0.5 + chance / 2)
    return min(left_s, backoff_s if asked_s is None else asked_s + chance * rule.first_wait_s)


class Persistence:
    """A way to send that tries again until an outcome is final, the time is up, or it is told to stop."""

    def __init__(
        self,
        post: Post,
        rule: RetryRule,
        *,
        turn_s: Callable[[], float],
        hold: Callable[[float], None],
        pause: Callable[[float], bool],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        """`turn_s` and `hold` are the common pace; `pause` waits, and returns True where the sync is to stop."""
        self._post, self._rule = post, rule
        self._turn_s, self._hold, self._pause = turn_s, hold, pause
        self._clock, self._chance = clock, chance

    def send(self, body: Body, on_wait: Callable[[str], None]) -> Outcome:
        """The final outcome; `TryLater` means that the time was up or the sync stopped. `on_wait` hears each reason."""
        began = self._clock()
        attempt = 0
        while not self._pause(self._turn_s()):
            attempt += 1
            outcome = self._post(body)
            if not isinstance(outcome, TryLater):
                return outcome
            wait_s = plan_wait_s(self._rule, attempt, outcome.wait_s, self._clock() - began, self._chance())
            if wait_s is None:
                return outcome
            on_wait(outcome.reason)
            if outcome.wait_s is not None:
                self._hold(wait_s)
            if self._pause(wait_s):
                return outcome
        return TryLater("stopped before it was sent")
