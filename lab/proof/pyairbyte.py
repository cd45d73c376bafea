"""PyAirbyte as this command needs it: offline, untracked, silent, and writing into a private folder only."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from mailjet_segment.scratch import make_scratch


@functools.cache
def load_pyairbyte() -> Path:
    """Import PyAirbyte; returns the private folder for its scratch files, which goes away with this process.

    PyAirbyte reads its environment once, when it is imported. By default it writes configurations, secrets included, to
    files in the system's temporary folder that everybody may read. Here `TMPDIR` is a folder that only this user can
    enter. The connectors get it too, so the files of a killed connector go away with it.
    """
    scratch = make_scratch()
    os.environ.update(
        TMPDIR=str(scratch),
        DO_NOT_TRACK="1",
        AIRBYTE_OFFLINE_MODE="1",
        NO_LIVE_PROGRESS="1",
        AIRBYTE_TEMP_DIR=str(scratch),
        AIRBYTE_LOGGING_ROOT=str(scratch),
        AIRBYTE_PROJECT_DIR=str(scratch),
    )
    if not _has_home():
        os.environ["HOME"] = str(scratch)
    with silence():
        import airbyte  # noqa: F401
    return scratch


def _has_home() -> bool:
    """PyAirbyte cannot be imported without a home folder: a container's user without a name has none."""
    try:
        Path.home()
    except RuntimeError:
        return False
    return True


@contextmanager
def silence() -> Iterator[None]:
    """Keep the output of PyAirbyte away from the terminal."""
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
