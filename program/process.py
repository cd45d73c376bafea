"""How every process begins: with its streams in order, and so that a crash leaves no image of its memory."""

from __future__ import annotations

import gc
import os
import resource
import sys
from contextlib import suppress

_COLLECT_EVERY = 100_000
"""Objects made between two looks for garbage. With Python's own figure, 700, a fifth of the time of the imports and of
a sync goes into looking, and hardly any cycle is found.
"""


def fill_closed_streams() -> None:
    """Has each standard stream that is closed lead nowhere: else the next file or connection would take its place, and
    be written to.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free


def prepare_streams() -> None:
    """Has all messages leave in UTF-8, as JSON does; exits with 1 if the output is closed."""
    fill_closed_streams()
    if sys.stdout is None:
        with suppress(AttributeError):
            sys.stderr.write("The output is closed, so that nobody would get a message: open it.\n")
        sys.exit(1)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]


def leave_no_core() -> None:
    """Has the system write no image of this process if it crashes: it holds keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def collect_rarely() -> None:
    """Has Python look for garbage in cycles less often."""
    gc.set_threshold(_COLLECT_EVERY, 50, 50)
