"""How a program that makes millions of values keeps its memory small, and spends little time on looking after it."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

NEW_OBJECTS = 50_000
"""New objects that can be part of a circle, since the last look; Python's default, 700, is reached by each few rows."""
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""Of glibc's `mallopt`."""
_LARGE_BYTES = 1 << 20


def give_back() -> None:
    """Returns to the system what was freed, before a step that needs memory for other things."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def collect_seldom() -> None:
    """For a program that makes millions of values, none of them in a circle: looks for circles seldom, and never again
    at what was loaded when it began. That saves a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 50)


def share_heaps() -> None:
    """Lets all threads allocate from two heaps (the C library would give each its own), and gives large pieces
    back when they are freed (glibc, `mallopt`): a fifth of the memory. Pages of rows are smaller, and stay.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
