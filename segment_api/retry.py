"""Trying again. It wraps any way to send, and reads only the kind of an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from program.backoff import backoff_s
from program.budget import Budget
from segment_api.limits import RETRY_FOR_S
from segment_api.outcome import Outcome, TryLater
from segment_api.packer import Body

Post = Callable[[Body], Outcome]


@dataclass(frozen=True)
class RetryRule:
    """The time for which a request is tried again, and the bounds of the growing wait in between."""

    for_s: float = RETRY_FOR_S
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0


def plan_wait_s(rule: RetryRule, attempt: int, server_s: float | None, spent_s: float, chance: float) -> float | None:
    """How long to wait after the failed `attempt` (1 is the first); None when the time is up.

    The wait is never shorter than the server asks, with one exception: the last attempt falls on the end of the time.
    A batch that is given up has to be sent again, so no time is left unused. `chance` in [0, 1) spreads the attempts of
    many workers.
    """
    remaining_s = rule.for_s - spent_s
    if remaining_s <= 0:
        return None
    wait_s = backoff_s(attempt, server_s, chance, first_s=rule.first_wait_s, longest_s=rule.longest_wait_s)
    return min(remaining_s, wait_s)


class Persistence:
    """A way to send that tries again until an outcome is final, the time is up, or the sync stops."""

    def __init__(
        self,
        post: Post,
        rule: RetryRule,
        budget: Budget,
        *,
        pause: Callable[[float], bool],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        """All senders share `budget`; `pause` waits, and returns True if the sync is to stop."""
        self._post, self._rule, self._budget, self._pause = post, rule, budget, pause
        self._clock, self._chance = clock, chance

    def send(self, body: Body, on_wait: Callable[[str], None]) -> Outcome:
        """The final outcome; `TryLater` means that the time was up or the sync stopped. `on_wait` hears each reason."""
        began = self._clock()
        attempt = 0
        while True:
            self._budget.take()
            if self._pause(0):
                return TryLater("stopped before it was sent")
            attempt += 1
            outcome = self._post(body)
            if not isinstance(outcome, TryLater):
                return outcome
            wait_s = plan_wait_s(self._rule, attempt, outcome.wait_s, self._clock() - began, self._chance())
            if wait_s is None:
                return outcome
            on_wait(outcome.reason)
            if outcome.wait_s is not None:
                self._budget.pause(wait_s)
            if self._pause(wait_s):
                return outcome
