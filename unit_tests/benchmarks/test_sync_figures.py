"""From what `sync` prints to the figures of the benchmark."""

from __future__ import annotations

from lab.benchmarks.sync_goals import AGAIN, FIRST, FORMER, HANDED, LOADED, READ, Large, Part, SyncRun, Syncs, SyncSpeed
from lab.benchmarks.sync_trial import to_parts

PRINTED = """\
Events read from Mailjet: 51,234 so far
Events read from Mailjet: 155,035 (10.1 s)
Events handed to Segment: 155,035 (7.0 s)
Events loaded into duckdb:////data/a: b/mailjet.duckdb: 155,035 (4.2 s)

Accepted by Segment in this sync: 155,035
"""


def run(took_s: float, peak_mb: float = 300, **parts: Part) -> SyncRun:
    return SyncRun(took_s, took_s, peak_mb, parts)


def speed(
    again_s: float = 3, former_s: float = 50, peak_mb: float = 300, further_mb: float = 300, large_mb: float = 300
) -> SyncSpeed:
    ours = Syncs([run(9, peak_mb), run(99), run(10)], [run(again_s), run(0), run(99)])
    former = Syncs([run(former_s, 999)], [run(22)])
    loads = [run(4, further_mb, loaded=Part(50, 2)), run(5, loaded=Part(50, 1)), run(6, loaded=Part(50, 4))]
    return SyncSpeed(70, 14, 100, ours, former, loads, Large(700, 1_000, run(50, large_mb)))


def missed(figures: SyncSpeed) -> list[str]:
    return [goal.what for goal in figures.goals() if not goal.met]


def test_the_parts_are_read_from_what_a_sync_prints() -> None:
    parts = {READ: Part(155_035, 10.1), HANDED: Part(155_035, 7.0), LOADED: Part(155_035, 4.2)}
    assert to_parts(PRINTED) == parts


def test_the_medians_count_and_each_promise_can_be_missed() -> None:
    assert missed(speed()) == []
    assert missed(speed(former_s=49)) == [f"sync: times {FORMER}, end to end"]
    assert missed(speed(again_s=3.1)) == ["sync: nothing new"]


def test_the_highest_peak_of_this_projects_runs_counts() -> None:
    for figures in (speed(peak_mb=451), speed(further_mb=451), speed(large_mb=451)):
        assert missed(figures) == ["sync: peak memory"]


def test_without_the_former_release_there_is_no_comparison() -> None:
    alone = SyncSpeed(70, 14, 100, Syncs([run(9)], [run(1)]), None, [])
    assert [goal.what for goal in alone.goals()] == ["sync: nothing new", "sync: peak memory"]
    assert list(alone.rows()) == ["the account", FIRST, AGAIN]


def test_the_rows_say_rates_and_parts() -> None:
    ours = Syncs([run(10, read=Part(100, 6), loaded=Part(100, 2))], [run(1)])
    rows = SyncSpeed(70, 14, 100, ours, None, speed().postgresql, speed().large).rows()
    assert rows[FIRST].startswith("10 events/s; 10.0 s (median of 1)")
    assert rows[FIRST].endswith("read 6.0 s (100), loaded 2.0 s (100)")
    assert rows["all of the store into an empty PostgreSQL"].startswith("50 rows/s while it loads; 5.0 s")
    assert rows[f"{FIRST}, 700 messages"].startswith("20 events/s")
