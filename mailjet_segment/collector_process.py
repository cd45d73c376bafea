"""A collector as a process of its own, as `mailjet-segment collect` starts it, until the context ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from program.failure import Failure

END_GRACE_S = 28.0
"""How long it may take to end after SIGTERM."""
START_S = 30.0
"""How long it may take to be ready."""


@dataclass(frozen=True)
class CollectorPlace:
    """The ports of a collector on this machine."""

    port: int
    admin_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"


def free_place() -> CollectorPlace:
    """Two ports that are free now."""
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind(("127.0.0.1", 0))
        return CollectorPlace(first.getsockname()[1], second.getsockname()[1])


@contextmanager
def running_collector(config: Path, place: CollectorPlace, log: Path) -> Iterator[None]:
    """Runs it, its log going to a file. Raises `Failure` if it does not start, or does not end well."""
    ports = ["--port", str(place.port), "--admin-port", str(place.admin_port)]
    words = [sys.executable, "-m", "mailjet_segment", "collect", "--config", str(config), *ports]
    with log.open("w") as lines:  # in a session of its own: Ctrl-C is for this process, which ends the other
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines, start_new_session=True)
    try:
        _wait_until_ready(process, place, log)
        yield
    finally:
        end_process(process)
    if process.returncode:
        raise Failure(f"The collector ended with {process.returncode}: {_last_line(log)}")


def metric(place: CollectorPlace, name: str) -> float:
    """The sum of a metric over all accounts and labels, 0 if there is none."""
    lines = _get(f"{place.admin_url}/metrics").decode().splitlines()
    start = f"mailjet_collector_{name}{{"
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))


def _wait_until_ready(process: subprocess.Popen[bytes], place: CollectorPlace, log: Path) -> None:
    until_s = time.monotonic() + START_S
    while True:
        try:
            _get(f"{place.url}/readyz")
        except OSError:
            if process.poll() is not None or time.monotonic() > until_s:
                raise Failure(f"The collector did not start: {_last_line(log)}") from None
            time.sleep(0.05)
        else:
            return


def _get(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        return bytes(answer.read())


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing."


def end_process(process: subprocess.Popen[Any]) -> None:
    """SIGTERM, and SIGKILL if the process does not heed it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
