"""Whole lines from a file descriptor, as they come."""

from __future__ import annotations

import os

_READ_BYTES = 1 << 18
"""Half a batch: a file comes in fewer pieces than a pipe's 64 KiB, after each of which the loop looks at all else."""


class LineReader:
    """Reads what is there, when told that something is; no thread of its own and no lock held at exit."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._parts: list[bytes] = []
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the input is over."""
        return self._ended

    def fileno(self) -> int:
        """What to wait on."""
        return self._descriptor

    def read(self) -> list[bytes]:
        """The lines completed by one read, which blocks where nothing is there; sets `ended`."""
        chunk = os.read(self._descriptor, _READ_BYTES)
        self._ended = not chunk
        first, *others = chunk.split(b"\n")
        self._parts.append(first)
        if not others:
            return []
        lines = [b"".join(self._parts), *others]
        self._parts = [lines.pop()]
        return lines

    def unfinished(self) -> bytes:
        """What came after the last line's end."""
        return b"".join(self._parts)
