"""The first steps of every process: its streams are put in order, and a crash leaves no image of its memory."""

from __future__ import annotations

import gc
import os
import resource
import sys
from contextlib import suppress
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import Any

_COLLECT_EVERY = 100_000
"""Objects made between two looks for garbage. With Python's own figure, 700, a fifth of the time of the imports and of
a sync goes into looking, and hardly any cycle is found.
"""


def fill_closed_streams() -> None:
    """Connects each closed standard stream to nowhere.

    Otherwise the next file or connection would take its number, and messages would be written into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free


def prepare_streams() -> None:
    """Makes the output UTF-8, as JSON needs it, and each write to it whole; exits with 1 if the output is closed.

    With PYTHONUNBUFFERED, as in the image, Python writes past any buffer: a signal, or a pause of the container, that
    comes while the pipe is full then ends a write, and the rest of it is lost without an error.
    """
    fill_closed_streams()
    if sys.stdout is None:
        with suppress(AttributeError):
            sys.stderr.write("The output is closed, so that nobody would get a message: open it.\n")
        sys.exit(1)
    out: Any = sys.stdout
    if isinstance(out.buffer, RawIOBase):
        whole = BufferedWriter(out.detach())
        sys.stdout = sys.__stdout__ = TextIOWrapper(whole, encoding="utf-8", line_buffering=True)  # type: ignore[misc]
    else:
        out.reconfigure(encoding="utf-8")


def leave_no_core() -> None:
    """Tells the system to write no image of this process if it crashes: the process holds keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def collect_rarely() -> None:
    """Makes Python look for garbage in cycles less often."""
    gc.set_threshold(_COLLECT_EVERY, 50, 50)
