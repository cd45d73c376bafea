"""The output while steps run: lines that move on a terminal, plain lines anywhere else."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Live
from rich.text import Text

PLAIN_EVERY_S = 30.0
"""Seconds between two lines of the same step if there is no terminal."""

PLAIN_WIDTH = 132
"""Columns if there is no terminal to ask: enough for the widest table."""


def make_console(stream: TextIO | None = None, quiet: bool = False) -> Console:
    """A console on `stream` (default: stdout); it still writes there while the output of PyAirbyte is silenced."""
    out = stream or sys.stdout
    width = None if out.isatty() else PLAIN_WIDTH
    return Console(file=cast("TextIO", _Unfailing(out)), highlight=False, width=width, quiet=quiet)


class _Unfailing:
    """A stream that drops its text when its terminal or pipe is gone: the work behind it must not be lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As of any stream."""
        try:
            return self._stream.write(text)
        except OSError:
            self._to_nowhere()
            return len(text)

    def flush(self) -> None:
        """As of any stream."""
        try:
            self._stream.flush()
        except OSError:
            self._to_nowhere()

    def _to_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


Show = Callable[[int, str, float | None], None]
"""Gets a step's count, its present work, and the share of the step that is done, if it is known."""


class Step:
    """A step that counts. `show` hears how far it is; `warn` gets a line for the user."""

    def __init__(self, show: Show, warn: Callable[[str], None]) -> None:
        self._show, self._warn = show, warn
        self._note = ""
        self._expected: int | None = None
        self._share: float | None = None
        self.count = 0

    def expect(self, count: int) -> None:
        """This many will be done in all."""
        self._expected = count

    def add(self, count: int = 1) -> None:
        """This many more are done."""
        if count:
            self.count += count
            if self._expected:
                self._share = min(1.0, self.count / self._expected)
            self._show(self.count, self._note, self._share)

    def note(self, text: str, share: float | None = None) -> None:
        """Shows the present work, and the share of the step that is done; the next note replaces both."""
        self._note, self._share = text, share
        self._show(self.count, text, share)

    def warn(self, text: str) -> None:
        """Shows a warning for the user."""
        self._warn(f"  {text}")


class Progress:
    """Steps of a run on a console, several at a time if need be, and warnings on another.

    A terminal has a line that moves for each step, with a bar that grows if its end is known; elsewhere a step says
    where it is every half minute. `clock` gives seconds that only grow. Any thread may use it.
    """

    def __init__(self, console: Console, clock: Callable[[], float], warnings: Console | None = None) -> None:
        self.console = console
        self._warnings = warnings or make_console(sys.stderr)
        self._clock = clock
        self._live = Live(
            SpinnerColumn(),
            TextColumn(
                "{task.fields[count]:>9,}  {task.description}", markup=False
            ),  # a narrow terminal cuts the end of a line
            BarColumn(bar_width=20),
            TextColumn("{task.fields[note]}", style="dim"),
            console=console,
            transient=True,
        )
        self._lock = threading.RLock()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """A step called `title`; its count and its duration are shown when it ends well."""
        began = self._clock()
        with self._moving_line(title) if self.console.is_terminal else self._plain_lines(title) as show:
            step = Step(show, self.warn)
            yield step
        self.say(f"{title}: {step.count:,} ({self._clock() - began:.1f} s)")

    def warn(self, text: str) -> None:
        """A line on stderr that should not be overlooked."""
        with self._lock:
            is_shown = self._live.live.is_started
            if is_shown:
                self._live.stop()  # both may be the same terminal
            self._warnings.print(Text(text, style="yellow"), soft_wrap=True)
            if is_shown:
                self._live.start()

    def say(self, line: str, style: str = "") -> None:
        """One line, as it is."""
        with self._lock:
            self.console.print(Text(line, style=style), soft_wrap=True)

    @contextmanager
    def _moving_line(self, title: str) -> Iterator[Show]:
        with self._lock:
            task = self._live.add_task(title, total=None, note="", count=0)
            self._live.start()
        try:
            yield lambda count, note, share: self._live.update(
                task, total=None if share is None else 1.0, completed=share or 0.0, note=note, count=count
            )
        finally:
            with self._lock:
                self._live.remove_task(task)
                if not self._live.tasks:
                    self._live.stop()

    @contextmanager
    def _plain_lines(self, title: str) -> Iterator[Show]:
        due = self._clock() + PLAIN_EVERY_S

        def show_if_due(count: int, note: str, share: float | None) -> None:
            nonlocal due
            now = self._clock()
            if now >= due:
                due = now + PLAIN_EVERY_S
                part = "" if share is None else f" ({share:.0%})"
                self.say(f"{title}: {count:,}{part}  {note}".rstrip())

        yield show_if_due
