"""How soon a report of thousands of campaigns is there: `python -m lab.benchmarks.report_speed`, also in `make bench`.

The command `report` as a process, on a computed account; then its page in Chromium, opened again and again, each time
in a context of its own. Without Chromium the page is not measured, and the rest is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from lab.benchmarks.goals import Goal
from lab.benchmarks.machine import describe_machine
from lab.benchmarks.plan import FULL, QUICK, Plan
from lab.benchmarks.processes import FailedRunError, Run, run, succeeded
from lab.benchmarks.results import REPORT, goals_to_lines, section_to_lines
from lab.browser import NoBrowserError, open_browser
from lab.page_opening import Opening, watch_opening
from lab.report_account import make_report_account

PROGRAM = Path(sys.executable).parent / "mailjet-segment"
MESSAGES = 20
"""Of each campaign: enough for all mailbox providers."""
SHOWN_S = 2
PAGE_KB = 600
IN_CHROMIUM = "in Chromium"

Say = Callable[[str], None]


@dataclass(frozen=True)
class ReportSpeed:
    """Everything that was measured of the report. `empty_bytes`: of the page of an account without campaigns.

    `openings`: of the large page; or, if there are none, `why_not_opened`.
    """

    campaigns: int
    runs: Sequence[Run]
    large_bytes: int
    empty_bytes: int
    openings: Sequence[Opening]
    why_not_opened: str = ""

    def goals(self) -> list[Goal]:
        """Each promise with its figure, if it was measured."""
        goals = [Goal("report: the file beside its data", self.empty_bytes / 1e3, PAGE_KB, unit=" KB")]
        if not self.openings:
            return goals
        shown_s = median(opening.pictures_s for opening in self.openings)
        return [
            Goal(f"report of {self.campaigns:,} campaigns: shown in a browser", shown_s, SHOWN_S, unit=" s"),
            *goals,
        ]

    def rows(self) -> Mapping[str, str]:
        """What was measured, in words and figures."""
        return {
            "the account": f"{self.campaigns:,} campaigns of {MESSAGES} messages",
            "the command": self._said_of_runs(),
            "the file": f"{self.large_bytes / 1e3:,.0f} KB; {self.empty_bytes / 1e3:,.0f} KB without a campaign",
            IN_CHROMIUM: self._said_of_openings(),
        }

    def _said_of_runs(self) -> str:
        took_s, cpu_s = median(done.took_s for done in self.runs), median(done.cpu_s for done in self.runs)
        peak_mb = max(done.peak_bytes for done in self.runs) / 1e6
        return f"{took_s:.1f} s (median of {len(self.runs)}), CPU {cpu_s:.1f} s, peak memory {peak_mb:,.0f} MB"

    def _said_of_openings(self) -> str:
        if not self.openings:
            return f"not measured: {self.why_not_opened}"
        table_s, pictures_s, sorted_s = map(median, zip(*self.openings, strict=True))
        each_s = [opening.pictures_s for opening in self.openings]
        return (
            f"the whole table after {table_s:.2f} s, all pictures after {pictures_s:.2f} s ({min(each_s):.2f} to "
            f"{max(each_s):.2f}); then sorted by another column in {sorted_s:.2f} s (medians of {len(self.openings)})"
        )


def measure_report(plan: Plan, folder: Path, say: Say) -> ReportSpeed:
    """Everything, in order; raises `FailedRunError`."""
    say("report")
    empty, large = folder / "empty.duckdb", folder / "large.duckdb"
    make_report_account(empty, 0)
    make_report_account(large, plan.report_campaigns, MESSAGES)
    _run(empty)
    runs = []
    for number in range(1, plan.runs + 1):
        runs.append(_run(large))
        say(f"  report-{number}, {plan.report_campaigns:,} campaigns: {runs[-1].took_s:.1f} s")
    openings, why = _open(_page(large), plan.openings)
    speed = ReportSpeed(
        plan.report_campaigns, runs, _page(large).stat().st_size, _page(empty).stat().st_size, openings, why
    )
    say(f"  in Chromium: {speed.rows()[IN_CHROMIUM]}")
    return speed


def _run(database: Path) -> Run:
    command: list[str | Path] = [PROGRAM, "report", "--duckdb", database, "-o", _page(database)]
    return succeeded(run(command, database.parent, name="report"))


def _page(database: Path) -> Path:
    return database.with_suffix(".html")


def _open(page: Path, times: int) -> tuple[list[Opening], str]:
    """The openings of a page; none, and why, if there is no browser."""
    from playwright.sync_api import Error

    try:
        with open_browser() as browser:
            return [watch_opening(browser, page) for _ in range(times)], ""
    except NoBrowserError as error:
        return [], str(error)
    except Error as error:
        raise FailedRunError(f"The report was not shown: {error.message}") from None


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small account, once: tries the benchmark itself")
    given = parser.parse_args()
    machine = describe_machine()
    try:
        with TemporaryDirectory() as folder:
            speed = measure_report(QUICK if given.quick else FULL, Path(folder), partial(print, flush=True))
    except FailedRunError as failed:
        sys.exit(str(failed))
    lines = [*goals_to_lines(speed.goals()), *section_to_lines(REPORT, speed.rows())]
    print("\n".join([*lines, *section_to_lines("Machine", machine)]))


if __name__ == "__main__":
    main()
