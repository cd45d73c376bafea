"""A batch sent until each of its calls is settled: one that is refused is halved down to the call that causes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from segment_api.outcome import Accepted, Hopeless, Malformed, Outcome
from segment_api.packer import Batch, Body

TOO_MANY_REFUSED = 20
"""If this many calls are refused one by one, and none is taken, the fault is not in them, unless they are too large."""


@dataclass(frozen=True)
class Settlement:
    """What became of a batch.

    Its first `settled` calls were accepted, or refused by themselves and passed over: `skipped`, by id, with the
    reason and the place in the batch. `outcome` is `Accepted` if that is all of them; else it is what became of
    the next call, `culprit`.
    """

    settled: int
    skipped: tuple[tuple[str, str, int], ...]
    outcome: Outcome
    culprit: str = ""


def settle_batch(batch: Batch, send: Callable[[Body], Outcome], *, go_on: bool) -> Settlement:
    """Sends the calls, from left to right; with `go_on` past those that are refused by themselves."""
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
