"""What a machine may withhold from a process, as commands that another command is put behind.

Each is what a container engine does itself: a mount namespace (util-linux, "unshare"; without root it needs user
namespaces) and a memory cgroup (writable for root, or where a slice was delegated).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

Prefix = Sequence[str]
NONE: Prefix = ()


class NotTriedError(Exception):
    """This machine does not let its user withhold something; the text says what."""


_CGROUPS = (
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
    ("/sys/fs/cgroup", "memory.max", "memory.peak"),
)
"""The folders, limits and peaks of cgroups version 1 and 2."""
_READ_ONLY = (
    'findmnt -rno TARGET | while read -r each; do mount -o remount,bind,ro "$each"; done; mount -o remount,bind,ro /'
)
"""The mounts below the root first, as far as they let themselves be."""


def no_space(folder: Path) -> Prefix:
    """A temporary folder of 64 KiB, as a tmpfs."""
    return _unshared(f"mount -t tmpfs -o size=64k tmpfs {folder} && export TMPDIR={folder}")


def read_only_root(folder: Path) -> Prefix:
    """Everything read-only but the temporary folder, a tmpfs: as `docker run --read-only --tmpfs /tmp`."""
    return _unshared(f"{_READ_ONLY} && mount -t tmpfs -o size=64m tmpfs {folder} && export TMPDIR={folder}")


def nothing_writable(folder: Path) -> Prefix:
    """Everything read-only, the temporary folder as well: as `docker run --read-only` alone."""
    return _unshared(_READ_ONLY)


@cache
def need_namespaces() -> None:
    """Raises `NotTriedError` where this user may not make a mount namespace."""
    if subprocess.run([*_unshared("mount -o remount,bind,ro /"), "true"], capture_output=True).returncode:
        raise NotTriedError("not tried: no mount namespaces here")


def _unshared(command: str) -> Prefix:
    flags = "-m" if os.geteuid() == 0 else "-rm"
    return ("unshare", flags, "sh", "-c", f'{{ {command}; }} 2>/dev/null && exec "$@"', "sh")


class MemoryLimit:
    """A memory cgroup of `mib`; `prefix` puts a process into it, `peak_mib` is the most that was used."""

    def __init__(self, folder: Path, peak: str) -> None:
        self._folder, self._peak = folder, peak

    @property
    def prefix(self) -> Prefix:
        return ("sh", "-c", f'echo $$ > {self._folder / "cgroup.procs"} && exec "$@"', "sh")

    @property
    def peak_mib(self) -> int:
        return int((self._folder / self._peak).read_text()) >> 20

    def remove(self) -> None:
        """Removes the group, which must be empty."""
        with suppress(OSError):
            self._folder.rmdir()


@contextmanager
def memory_limit(mib: int) -> Iterator[MemoryLimit]:
    """A limit like that of `docker run --memory`; raises `NotTriedError` where this user may set none."""
    made = next(filter(None, (_make_limit(mib, *cgroup) for cgroup in _CGROUPS)), None)
    if made is None:
        raise NotTriedError("not tried: no memory cgroups here")
    try:
        yield made
    finally:
        made.remove()


def _make_limit(mib: int, root: str, limit: str, peak: str) -> MemoryLimit | None:
    try:
        folder = Path(mkdtemp(prefix="proof-", dir=root))
    except OSError:
        return None
    try:
        (folder / limit).write_text(str(mib << 20))
    except OSError:
        folder.rmdir()
        return None
    return MemoryLimit(folder, peak)
