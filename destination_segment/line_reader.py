"""Whole lines from a file descriptor, as they come."""

from __future__ import annotations

import os
from stat import S_ISREG

_PIPE_BYTES = 1 << 16
"""The capacity of a pipe; and small enough that the same memory serves every read."""
_FILE_BYTES = 1 << 18
"""Half a batch: after each piece, the loop looks at all else."""


class LineReader:
    """Reads the bytes that are there, after the caller has seen that there are some.

    It has no thread, and holds no lock at exit.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._bytes = _FILE_BYTES if S_ISREG(os.fstat(descriptor).st_mode) else _PIPE_BYTES
        self._parts: list[bytes] = []
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the input is over."""
        return self._ended

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._descriptor

    def read(self) -> list[bytes]:
        """The lines completed by one read, which blocks if nothing is there; sets `ended`."""
        chunk = os.read(self._descriptor, self._bytes)
        self._ended = not chunk
        first, *others = chunk.split(b"\n")
        self._parts.append(first)
        if not others:
            return []
        lines = [b"".join(self._parts), *others]
        self._parts = [lines.pop()]
        return lines

    def unfinished(self) -> bytes:
        """The bytes after the end of the last line."""
        return b"".join(self._parts)
