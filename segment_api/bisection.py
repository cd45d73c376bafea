"""A batch is sent until each of its calls is settled. A refused batch is halved down to the call that causes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from segment_api.outcome import Accepted, Hopeless, Malformed, Outcome
from segment_api.packer import Batch, Body

TOO_MANY_REFUSED = 20
"""If so many calls are refused one by one, and none is taken, the fault is not in them, unless they are too large."""


@dataclass(frozen=True)
class Settlement:
    """The result of a batch.

    Segment accepted its first `settled` calls, or refused some of them one by one: those are `skipped` (id, reason,
    place in the batch). `outcome` is `Accepted` if all calls are settled; else it is the outcome of the next call,
    `culprit`.
    """

    settled: int
    skipped: tuple[tuple[str, str, int], ...]
    outcome: Outcome
    culprit: str = ""


def settle_batch(batch: Batch, send: Callable[[Body], Outcome], *, go_on: bool) -> Settlement:
    """Sends the calls, from left to right. `go_on`: continue after a call that is refused by itself."""
    parts = [(0, len(batch.ends))]
    settled = 0
    skipped: list[tuple[str, str, int]] = []
    accepted = unexplained = 0
    while parts:
        first, stop = parts.pop()
        outcome = send(batch.body(first, stop))
        if isinstance(outcome, Malformed):
            if stop - first > 1:
                middle = (first + stop) // 2
                # The left half is taken next: calls settle in order, so `settled` never counts an unsent call.
                parts += [(middle, stop), (first, middle)]
                continue
            culprit = orjson.loads(batch.call(first))["messageId"]
            if not go_on:
                return Settlement(settled, tuple(skipped), outcome, culprit)
            skipped.append((culprit, outcome.reason, settled))
            unexplained += not outcome.too_large
            if unexplained == TOO_MANY_REFUSED and not accepted:
                return Settlement(0, (), Hopeless(_not_the_calls(outcome.reason)))
        elif not isinstance(outcome, Accepted):
            return Settlement(settled, tuple(skipped), outcome)
        else:
            accepted += stop - first
        settled = stop
    return Settlement(settled, tuple(skipped), Accepted())


def _not_the_calls(reason: str) -> str:
    return (
        f"{reason} to each of {TOO_MANY_REFUSED} events sent one by one, so the fault is not in them: check 'region'."
    )
