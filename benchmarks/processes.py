"""A connector as a process with pipes, as Airbyte runs it: what it printed, when, and what it took."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_RECORD = b'"type":"RECORD"'
_SAMPLE_S = 0.05


@dataclass(frozen=True)
class Run:
    """A process that has ended. Seconds are counted from its start.

    `exit_code` is that of the process, negative for the signal that ended it. `peak_bytes` is the high-water mark of
    its resident memory, looked at every 50 ms.
    """

    exit_code: int
    timed_out: bool
    stdout: Path
    stderr: Path
    took_s: float
    first_record_s: float | None
    """When the first bytes that hold an Airbyte record arrived; None where there was none."""
    last_record_s: float | None
    cpu_s: float
    peak_bytes: int

    @property
    def reading_s(self) -> float:
        """From the first record to the last: the speed once started."""
        return (self.last_record_s or 0) - (self.first_record_s or 0)


class FailedRunError(Exception):
    """A process that had to succeed did not; the text holds the end of what it said."""


def run(
    command: Sequence[str | Path], folder: Path, *, name: str, stdin: Path | None = None, limit_s: float = 600
) -> Run:
    """Runs `command` to its end, at most `limit_s`; what it prints goes to `folder/name.out` and `folder/name.err`.

    Nothing is raised for an exit code. The process sees no environment of Python's but `PYTHONUNBUFFERED`, which the
    images of the connectors set.
    """
    stdout, stderr = folder / f"{name}.out", folder / f"{name}.err"
    with open(stdin or os.devnull, "rb") as into, stdout.open("wb") as out, stderr.open("wb") as errors:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=into, stdout=subprocess.PIPE, stderr=errors, env=_environment())
        with _limited(process, limit_s) as timed_out, _watched_memory(process) as peak_bytes:
            first_s, last_s = _copy(process, out, began)
            usage = _ended(process)
            took_s = time.monotonic() - began
    return Run(
        exit_code=process.returncode,
        timed_out=timed_out.is_set(),
        stdout=stdout,
        stderr=stderr,
        took_s=took_s,
        first_record_s=first_s,
        last_record_s=last_s,
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


def _copy(process: subprocess.Popen[bytes], out: BinaryIO, began: float) -> tuple[float | None, float | None]:
    """Copies what the process prints until it closes its output; when the first and the last record arrived."""
    assert process.stdout is not None
    pipe, first_s, last_s = process.stdout.fileno(), None, None
    while chunk := os.read(pipe, _CHUNK_BYTES):
        if _RECORD in chunk:
            last_s = time.monotonic() - began
            first_s = last_s if first_s is None else first_s
        out.write(chunk)
    process.stdout.close()
    return first_s, last_s


def _ended(process: subprocess.Popen[bytes]) -> float:
    """Waits for the process, tells `Popen` its exit code, and returns its seconds of CPU."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _limited(process: subprocess.Popen[bytes], limit_s: float) -> Iterator[threading.Event]:
    """Kills the process after `limit_s`, and tells so by the event."""
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        process.kill()

    timer = threading.Timer(limit_s, stop)
    timer.start()
    try:
        yield stopped
    finally:
        timer.cancel()
        if process.returncode is None and process.poll() is None:
            process.kill()


@contextmanager
def _watched_memory(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Appends the process's peak memory in bytes, again and again.

    Not `ru_maxrss` of the ended process: that is never below what the parent had when it started the child.
    """
    peaks, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(_SAMPLE_S):
            peaks.append(_peak_bytes(process.pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def _peak_bytes(pid: int) -> int:
    """`VmHWM` of a process, 0 for one that has ended (proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _tail(file: Path) -> str:
    return file.read_text("utf-8", "replace")[-2000:]
