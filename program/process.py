"""What every process here begins with: its streams in order, and no image of its memory should it ever crash."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress


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
    """Has the system write no image of this process, which holds keys, should it ever crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
