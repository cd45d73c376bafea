"""From openings of the report's page to the figures of the benchmark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lab.benchmarks.processes import Run
from lab.benchmarks.report_speed import IN_CHROMIUM, ReportSpeed
from lab.page_opening import Opening


def run(took_s: float) -> Run:
    return Run(0, False, Path("out"), Path("err"), took_s, None, None, 0, 0, took_s / 2, 250_000_000)


SPEED = ReportSpeed(
    5_000, [run(9), run(3), run(4)], 3_000_000, 308_000, [Opening(0.5, 2, 0.1), Opening(1, 9, 0.3), Opening(3, 1, 0.2)]
)


def missed(speed: ReportSpeed) -> list[str]:
    return [goal.what for goal in speed.goals() if not goal.met]


def test_the_median_of_the_openings_counts_and_each_promise_can_be_missed() -> None:
    assert missed(SPEED) == []
    late = replace(SPEED, openings=[Opening(0.5, 2.1, 0.1)])
    assert missed(late) == ["report of 5,000 campaigns: shown in a browser"]
    assert missed(replace(SPEED, empty_bytes=600_001)) == ["report: the file beside its data"]


def test_the_rows_say_medians() -> None:
    rows = SPEED.rows()
    assert rows["the command"] == "4.0 s (median of 3), CPU 2.0 s, peak memory 250 MB"
    assert rows["the file"] == "3,000 KB; 308 KB without a campaign"
    assert rows[IN_CHROMIUM] == (
        "the whole table after 1.00 s, all pictures after 2.00 s (1.00 to 9.00); then sorted by another column in "
        "0.20 s (medians of 3)"
    )


def test_without_a_browser_the_page_has_no_goal_and_the_reason_is_said() -> None:
    speed = replace(SPEED, openings=[], why_not_opened="there is no Chromium on the PATH")
    assert [goal.what for goal in speed.goals()] == ["report: the file beside its data"]
    assert speed.rows()[IN_CHROMIUM] == "not measured: there is no Chromium on the PATH"
