"""What people see while a step runs: a line that moves and a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from mailjet_segment.progress import PLAIN_EVERY_S, Progress

BAR, ITS_END = "━", "╺"


@pytest.fixture
def terminal() -> StringIO:
    return StringIO()


def on_a_terminal(terminal: StringIO) -> Progress:
    console = Console(file=terminal, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    return Progress(console, clock=lambda: 0.0)


def test_the_bar_of_a_step_whose_end_is_known_grows(terminal: StringIO) -> None:
    progress = on_a_terminal(terminal)
    with progress.step("Events loaded") as step:
        step.expect(10)
        step.add(4)
        progress._live.refresh()
    assert "4  Events loaded" in terminal.getvalue()
    assert ITS_END in terminal.getvalue()


def test_the_bar_of_a_step_whose_end_nobody_knows_only_moves(terminal: StringIO) -> None:
    progress = on_a_terminal(terminal)
    with progress.step("Events read") as step:
        step.add(4)
        progress._live.refresh()
    assert "4  Events read" in terminal.getvalue()
    assert BAR in terminal.getvalue()
    assert ITS_END not in terminal.getvalue()


def test_elsewhere_a_line_comes_every_half_minute_and_one_at_the_end() -> None:
    plain, seconds = StringIO(), iter_seconds()
    progress = Progress(Console(file=plain, width=100), clock=lambda: next(seconds))
    with progress.step("Events read") as step:
        for share in (0.25, 0.5, 0.75):
            step.note("window 1 of 4", share)
    lines = plain.getvalue().splitlines()
    assert lines[:-1] == ["Events read: 0 (50%)  window 1 of 4"]
    assert lines[-1].startswith("Events read: 0 (")


def iter_seconds() -> Iterator[float]:
    """The step's begin, the begin of its lines, then a third note that comes late."""
    yield from (0.0, 0.0, 1.0, PLAIN_EVERY_S, PLAIN_EVERY_S + 1, PLAIN_EVERY_S + 2)
