"""The output while a step runs: one line that changes on a terminal, plain lines anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from rich.console import Console
from rich.text import Text

TERMINAL_EVERY_S = 0.1
"""Seconds between two counts on a terminal; an event takes less time to read than a line to draw."""

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


class Step:
    """A step that counts, and gets the messages of its connector.

    `show_count` gets its line when the count changes, `show_note` when the note changes; `say` gets a line that stays.
    """

    def __init__(
        self,
        title: str,
        show_count: Callable[[str], None],
        show_note: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self._title = title
        self._show_count = show_count
        self._show_note = show_note
        self._say = say
        self.count = 0

    def add(self, count: int = 1) -> None:
        """This many more are done."""
        self.count += count
        self._show_count(f"{self._title}: {self.count:,}")

    def note(self, text: str) -> None:
        """Shows the present work; the next change replaces it."""
        self._show_note(f"{self._title}: {self.count:,}  {text}")

    def warn(self, text: str) -> None:
        """Shows a warning for the user."""
        self._say(f"  {text}")


class Progress:
    """Steps of a run on a console, warnings on another; `clock` gives seconds that only grow."""

    def __init__(self, console: Console, clock: Callable[[], float], warnings: Console | None = None) -> None:
        self.console = console
        self._warnings = warnings or make_console(sys.stderr)
        self._clock = clock

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """A step called `title`; its count and its duration are shown when it ends well."""
        began = self._clock()
        if self.console.is_terminal:
            with self.console.status(Text(title)) as status:

                def update(line: str) -> None:
                    status.update(Text(line))

                def warn(text: str) -> None:
                    status.stop()
                    self.warn(text)
                    status.start()

                step = Step(title, self._at_most_every(TERMINAL_EVERY_S, update), update, warn)
                yield step
        else:
            plain = self._at_most_every(PLAIN_EVERY_S, self.say)
            step = Step(title, plain, plain, self.warn)
            yield step
        self.say(f"{title}: {step.count:,} ({self._clock() - began:.1f} s)")

    def note(self, text: str) -> None:
        """Shows nothing: a note between two steps is not worth a line."""

    def warn(self, text: str) -> None:
        """A line on stderr that should not be overlooked."""
        self._warnings.print(Text(text, style="yellow"), soft_wrap=True)

    def say(self, line: str, style: str = "") -> None:
        """One line, as it is."""
        self.console.print(Text(line, style=style), soft_wrap=True)

    def _at_most_every(self, wait_s: float, show: Callable[[str], None]) -> Callable[[str], None]:
        """`show`, except for lines that come sooner than `wait_s` after the line before."""
        due = self._clock() + wait_s

        def show_if_due(line: str) -> None:
            nonlocal due
            now = self._clock()
            if now >= due:
                due = now + wait_s
                show(line)

        return show_if_due
