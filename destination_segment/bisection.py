"""A batch sent until each of its calls is settled: one that is refused is halved down to the call that causes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from destination_segment.call import Call
from destination_segment.outcome import Accepted, Hopeless, Malformed, Outcome
from destination_segment.packer import to_body

TOO_MANY_REFUSED = 20
"""So many calls refused one by one, and none taken: the fault is not in the calls."""


@dataclass(frozen=True)
class Settlement:
    """What became of a batch.

    Its first `settled` calls were accepted, or refused by themselves and passed over: `skipped`, by id, with the
    reason and the place in the batch. `outcome` is `Accepted` where that is all of them; else it is what became of
    the next call, `culprit`.
    """

    settled: int
    skipped: tuple[tuple[str, str, int], ...]
    outcome: Outcome
    culprit: str = ""


def settle_batch(calls: tuple[Call, ...], send: Callable[[bytes], Outcome], *, go_on: bool) -> Settlement:
    """Sends the calls, from left to right; with `go_on` past those that are refused by themselves."""
    parts = [calls]
    settled = 0
    skipped: list[tuple[str, str, int]] = []
    while parts:
        part = parts.pop()
        outcome = send(to_body(part))
        if isinstance(outcome, Malformed):
            if len(part) > 1:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
                continue
            if not go_on:
                return Settlement(settled, tuple(skipped), outcome, part[0].message_id)
            skipped.append((part[0].message_id, outcome.reason, settled))
            if len(skipped) == TOO_MANY_REFUSED > settled:
                return Settlement(0, (), Hopeless(_not_the_calls(outcome.reason)))
        elif not isinstance(outcome, Accepted):
            return Settlement(settled, tuple(skipped), outcome)
        settled += len(part)
    return Settlement(settled, tuple(skipped), Accepted())


def _not_the_calls(reason: str) -> str:
    return f"{reason} to each of {TOO_MANY_REFUSED} events sent one by one, so the fault is not in them: check region."
