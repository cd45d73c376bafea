"""Waits between tries: they grow to a bound, are spread, and are never shorter than the server asks."""

from __future__ import annotations

from functools import partial

from program.backoff import backoff_s

WAIT = partial(backoff_s, first_s=0.5, longest_s=30.0)


def test_waits_double_up_to_the_longest() -> None:
    assert [WAIT(attempt, None, 0.0) for attempt in (1, 2, 3, 8, 1_000_000)] == [0.25, 0.5, 1, 15, 15]


def test_chance_spreads_them_over_their_second_half() -> None:
    assert WAIT(3, None, 0.5) == 1.5


def test_what_the_server_asks_for_is_the_least() -> None:
    assert [WAIT(9, 42.0, chance) for chance in (0.0, 0.5)] == [42.0, 42.25]
