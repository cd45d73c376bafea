"""From runs to medians, and from those to promises that are kept or not."""

from __future__ import annotations

from lab.benchmarks.figures import Contender, Sample, measure
from lab.benchmarks.goals import Goal


def sample(per_s: float, in_all: float | None = 1.0) -> Sample:
    return Sample(
        per_s=per_s, per_s_in_all=in_all, first_s=None, per_1000=1, peak_bytes=int(per_s), cpu_s=1, stand_in_busy=0
    )


def test_contenders_run_in_turn_and_each_gets_the_median_of_its_runs() -> None:
    order: list[str] = []

    def contender(what: str, *rates: float) -> Contender:
        left = iter(rates)

        def take() -> Sample:
            order.append(what)
            return sample(next(left))

        return Contender(what, take)

    speeds = measure([contender("a", 1, 9, 2), contender("b", 5, 4, 6)], 3, lambda text: None)
    assert order == ["a", "b"] * 3
    assert [(speed.what, speed.per_s, speed.peak_bytes, speed.runs) for speed in speeds] == [
        ("a", 2, 9, 3),
        ("b", 5, 6, 3),
    ]


def test_what_no_run_could_tell_stays_unknown() -> None:
    samples = iter([sample(1, None), sample(2, 7), sample(3, None), sample(4, None)])
    half, none = (measure([Contender("a", lambda: next(samples))], 2, lambda text: None)[0] for _ in range(2))
    assert (half.per_s_in_all, none.per_s_in_all) == (7, None)


def test_a_goal_is_met_at_its_bound_and_missed_beyond() -> None:
    assert [Goal("at least", figure, 2, at_least=True).met for figure in (1.99, 2, 2.01)] == [False, True, True]
    assert [Goal("at most", figure, 2).met for figure in (1.99, 2, 2.01)] == [True, True, False]
