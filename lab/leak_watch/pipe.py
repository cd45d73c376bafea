"""Listening on a pipe: what comes is heard line by line, and reaches its reader unchanged."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import IO, Any

Hear = Callable[[bytes], None]


def overhear(stream: IO[Any], hear: Hear) -> threading.Thread:
    """Puts another pipe behind a file object, and carries what comes to it, line by line past `hear`."""
    source = os.dup(stream.fileno())
    reader, into = os.pipe()
    os.dup2(reader, stream.fileno(), inheritable=False)
    os.close(reader)
    thread = threading.Thread(target=_carry, args=(source, into, hear), daemon=True)
    thread.start()
    return thread


def _carry(source: int, into: int, hear: Hear) -> None:
    rest = b""
    try:
        while chunk := os.read(source, 65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                hear(line)
            _write_all(into, chunk)
    except BrokenPipeError:
        pass  # The test no longer reads; closing lets the process know.
    finally:
        hear(rest)
        os.close(source)
        os.close(into)


def _write_all(into: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(into, chunk) :]
