"""A connector as a process with pipes, as Airbyte runs it: what it printed, when, and what it took."""

from __future__ import annotations

import math
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_RECORD = b'"type":"RECORD"'
_OF_TRACKS = b'"stream":"tracks"'
_SAMPLE_S = 0.05


@dataclass(frozen=True)
class Run:
    """A process that has ended. Seconds are counted from its start.

    `exit_code` is that of the process, negative for the signal that ended it. `peak_bytes` is the high-water mark of
    its resident memory, looked at every 50 ms; or, if more, what it and the processes that it started held at once.
    `cpu_s` is of all of them, if it waited for their end.
    """

    exit_code: int
    timed_out: bool
    stdout: Path
    stderr: Path
    took_s: float
    first_record_s: float | None
    """When the first bytes that hold an Airbyte record arrived; None where there was none."""
    last_record_s: float | None
    records: int
    tracks: int
    """How many of the records are of the stream `tracks`, which repeats the others."""
    cpu_s: float
    peak_bytes: int

    @property
    def reading_s(self) -> float:
        """From the first record to the last: the speed once started."""
        return (self.last_record_s or 0) - (self.first_record_s or 0)


class FailedRunError(Exception):
    """A process that had to succeed did not; the text holds the end of what it said."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    name: str,
    stdin: Path | None = None,
    limit_s: float = 600,
    reading_limit_s: float = math.inf,
    keep_records: bool = True,
) -> Run:
    """Runs `command` to its end, at most `limit_s`; what it prints goes to `folder/name.out` and `folder/name.err`.

    From its first record on it has at most `reading_limit_s`. Nothing is raised for an exit code. The process sees no
    environment of Python's but `PYTHONUNBUFFERED`, which the images of the connectors set. With `keep_records=False`
    records are counted and thrown away: there may be millions.
    """
    stdout, stderr = folder / f"{name}.out", folder / f"{name}.err"
    with open(stdin or os.devnull, "rb") as into, stdout.open("wb") as out, stderr.open("wb") as errors:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=into, stdout=subprocess.PIPE, stderr=errors, env=_environment())
        with _limited(process, limit_s) as limit, _watched_memory(process) as peak_bytes:
            heard = _Heard(began, limit, reading_limit_s)
            _listen(process, out, heard, keep_records)
            usage = _ended(process)
            took_s = time.monotonic() - began
    return Run(
        exit_code=process.returncode,
        timed_out=limit.passed,
        stdout=stdout,
        stderr=stderr,
        took_s=took_s,
        first_record_s=heard.first_s,
        last_record_s=heard.last_s,
        records=heard.records,
        tracks=heard.tracks,
        cpu_s=usage,
        peak_bytes=max(peak_bytes),
    )


def succeeded(done: Run) -> Run:
    """The same run; raises `FailedRunError` for one that failed or was stopped."""
    if done.exit_code or done.timed_out:
        why = "took too long" if done.timed_out else f"ended with exit code {done.exit_code}"
        raise FailedRunError(f"{done.stdout.stem} {why}.\n{_tail(done.stderr)}\n{_tail(done.stdout)}")
    return done


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONUNBUFFERED": "1"}


@dataclass
class _Limit:
    """Stops a process, and remembers that it did."""

    process: subprocess.Popen[bytes]
    passed: bool = False

    def stop(self) -> None:
        self.passed = True
        self.process.kill()


@dataclass
class _Heard:
    """What came out of a process that began at `began`; stops it `reading_limit_s` after its first record."""

    began: float
    limit: _Limit
    reading_limit_s: float
    first_s: float | None = None
    last_s: float | None = None
    records: int = 0
    tracks: int = 0

    def note(self, lines: bytes) -> int:
        """Counts the records of whole lines; how many there are."""
        records = lines.count(_RECORD)
        if records:
            self.last_s = time.monotonic() - self.began
            self.first_s = self.last_s if self.first_s is None else self.first_s
            self.records += records
            self.tracks += lines.count(_OF_TRACKS)
            if self.last_s - self.first_s > self.reading_limit_s:
                self.limit.stop()
        return records


def _listen(process: subprocess.Popen[bytes], out: BinaryIO, heard: _Heard, keep_records: bool) -> None:
    """Takes what the process prints until it closes its output; a line that was cut off is no record."""
    assert process.stdout is not None
    pipe, begun = process.stdout.fileno(), b""
    while chunk := os.read(pipe, _CHUNK_BYTES):
        lines, newline, begun = (begun + chunk).rpartition(b"\n")
        lines += newline
        records = heard.note(lines)
        if keep_records or not records:
            out.write(lines)
        elif records < lines.count(b"\n"):
            out.writelines(line for line in lines.splitlines(keepends=True) if _RECORD not in line)
    out.write(begun)
    process.stdout.close()


def _ended(process: subprocess.Popen[bytes]) -> float:
    """Waits for the process, tells `Popen` its exit code, and returns its seconds of CPU."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _limited(process: subprocess.Popen[bytes], limit_s: float) -> Iterator[_Limit]:
    """Stops the process after `limit_s`."""
    limit = _Limit(process)
    timer = threading.Timer(limit_s, limit.stop)
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()
        if process.returncode is None and process.poll() is None:
            process.kill()


@contextmanager
def _watched_memory(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Appends the peak memory in bytes, again and again.

    Not `ru_maxrss` of the ended process: that is never below what the parent had when it started the child. For the
    same reason a descendant counts from when it is seen a second time: until it executes its program, it shows the
    memory of its parent.
    """
    peaks, ended = [0], threading.Event()

    def watch() -> None:
        before = set[int]()
        while not ended.wait(_SAMPLE_S):
            started = _descendants(process.pid)
            together = [process.pid, *(started & before)]
            held = sum(_status_bytes(pid, "VmRSS") for pid in together)
            peaks.append(max(_status_bytes(process.pid, "VmHWM"), held))
            before = started

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def _status_bytes(pid: int, name: str) -> int:
    """`VmRSS`, the resident memory of a process, or `VmHWM`, its peak; 0 if it has ended (proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they did."""
    found, looked_at = set[int](), [pid]
    while looked_at:
        started = _children(looked_at.pop()) - found
        found |= started
        looked_at += started
    return found


def _children(pid: int) -> set[int]:
    """Each thread lists its own (proc(5)); a thread or a process may end meanwhile."""
    found, threads = set[int](), Path(f"/proc/{pid}/task")
    with suppress(OSError):
        for thread in os.listdir(threads):
            with suppress(OSError):
                found.update(map(int, (threads / thread / "children").read_text("ascii").split()))
    return found


def _tail(file: Path) -> str:
    return file.read_text("utf-8", "replace")[-2000:]
