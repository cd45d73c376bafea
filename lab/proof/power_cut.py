"""What a power cut leaves of files: only what was synced is sure to be there.

A killed process loses nothing, because the system still has its pages. So the process runs under `strace`, which
records what it writes, when it syncs, and when it answers. For each answer, the files are made as a cut at that moment
would leave them: everything that was synced, and of the rest nothing, or whatever happened to be written.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

STRACE = shutil.which("strace")
TRACED = "pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate"
LONGEST_BYTES = 1 << 20
ANSWERED = b"HTTP/1.1 200"

_CALL = re.compile(r"^(?P<thread>\d+)\s+(?P<name>\w+)\((?P<file>\d+)<(?P<path>[^>]*)>(?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<thread>\d+)\s+<\.\.\. (?P<name>\w+) resumed>")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PWRITE = re.compile(r'^, "(?P<bytes>[^"]*)", \d+, (?P<offset>\d+)')
_TRUNCATE = re.compile(r"^, (?P<size>\d+)")


class Write(NamedTuple):
    """Bytes at a place of a file; `size` cuts the file instead."""

    path: str
    offset: int
    content: bytes
    size: int | None = None


class Synced(NamedTuple):
    """All writes to a file so far are on disk."""

    path: str


class Answered(NamedTuple):
    """The process has answered 200."""


Step = Write | Synced | Answered


def command(log: Path, words: Sequence[str | Path]) -> list[str | Path]:
    """The command under `strace`, with its log."""
    options = ["-f", "-qq", "-y", "-xx", "-s", str(LONGEST_BYTES), "-e", f"trace={TRACED}", "-e", "signal=none"]
    return [STRACE or "strace", *options, "-o", log, "--", *words]


def parse_log(text: str) -> Iterator[Step]:
    """What the process did, in order. A write counts when it begins, a sync only when it has ended."""
    syncing: dict[str, str] = {}
    for line in text.splitlines():
        if resumed := _RESUMED.match(line):
            path = syncing.pop(resumed["thread"], None)
            if path and resumed["name"] in {"fsync", "fdatasync"}:
                yield Synced(path)
        elif call := _CALL.match(line):
            path = _plain(call["path"])
            if call["name"] in {"fsync", "fdatasync"}:
                if "unfinished" in call["rest"]:
                    syncing[call["thread"]] = path
                else:
                    yield Synced(path)
            else:
                yield from _written(call["name"], path, call["rest"])


def _written(name: str, path: str, rest: str) -> Iterator[Step]:
    if name == "pwrite64" and (found := _PWRITE.match(rest)):
        yield Write(path, int(found["offset"]), _bytes(found["bytes"]))
    elif name == "ftruncate" and (found := _TRUNCATE.match(rest)):
        yield Write(path, 0, b"", int(found["size"]))
    elif any(ANSWERED in _bytes(part) for part in _BYTES.findall(rest)):
        yield Answered()


class Disk:
    """Files as a disk has them: each with what was synced, and what was written since, in order."""

    def __init__(self) -> None:
        self._synced: dict[str, bytearray] = {}
        self._unsynced: dict[str, list[Write]] = {}

    def take(self, step: Step) -> None:
        """Takes note of a step."""
        if isinstance(step, Write):
            self._unsynced.setdefault(step.path, []).append(step)
        elif isinstance(step, Synced):
            for write in self._unsynced.pop(step.path, []):
                _apply(self._synced.setdefault(step.path, bytearray()), write)

    def after_a_cut(self, name: str, chance: random.Random | None = None) -> bytes:
        """The file whose path ends so. `chance` decides which unsynced writes were done all the same; None: none."""
        path = next((path for path in [*self._synced, *self._unsynced] if path.endswith(name)), name)
        content = bytearray(self._synced.get(path, b""))
        for write in self._unsynced.get(path, []):
            if chance and chance.random() < 0.5:
                _apply(content, write)
        return bytes(content)


def _apply(content: bytearray, write: Write) -> None:
    if write.size is not None:
        del content[write.size :]
        return
    content.extend(bytes(max(0, write.offset - len(content))))
    content[write.offset : write.offset + len(write.content)] = write.content


def _plain(text: str) -> str:
    return _bytes(text).decode("utf-8", "replace") if text.startswith("\\x") else text


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
