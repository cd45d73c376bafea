"""The private folder of a run: configurations with their secrets, log files, rows that are not loaded yet."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "mailjet-segment-"
HIDDEN = f".{PREFIX}"
"""For a folder among files of the user's, who should not meet it."""
LOCK = ".in-use-by-mailjet-segment"
"""A file in the folder; the process that made the folder holds a lock on it, which ends with the process."""


def make_scratch() -> Path:
    """A new folder that only this user can enter; it goes away with this process."""
    scratch, _ = _make(Path(tempfile.gettempdir()), PREFIX)
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    return scratch


@contextmanager
def scratch_in(root: Path | None, prefix: str = PREFIX) -> Iterator[Path]:
    """As `make_scratch`, in a folder that has room (without one, where temporary files go), for a part of a run."""
    scratch, lock = _make(root or Path(tempfile.gettempdir()), prefix)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(lock)


def _make(root: Path, prefix: str) -> tuple[Path, int]:
    """A new folder and its lock.

    A killed process cannot remove its folder, so each run removes the folders of this user that no process holds.
    """
    for folder in root.glob(f"{prefix}*"):
        _remove_if_abandoned(folder)
    scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
    return scratch, _lock(scratch)


def _lock(scratch: Path) -> int:
    """Hold the lock until this process ends. It gets its name when it is held: unlocked, it would mean a dead owner."""
    unnamed = scratch / f"{LOCK}.new"
    held = os.open(unnamed, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    unnamed.rename(scratch / LOCK)
    return held


def _remove_if_abandoned(folder: Path) -> None:
    """Remove a folder of this user if nobody holds its lock. Without a lock it may not be the folder of a run."""
    with suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
