"""A collector as users start it: `mailjet-segment collect`, a process."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.collect_command import COMMAND, READY, collect
from unit_tests.mailjet_collector.running import Running, configuration


def write_config(folder: Path, config: dict[str, Any]) -> Path:
    path = folder / "collector.json"
    path.write_text(json.dumps(config))
    return path


def start(path: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
    given = [*collect(path), *words]
    return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_until_ready(process: subprocess.Popen[str], address: str) -> Running:
    assert process.stderr
    for line in process.stderr:
        if found := READY.search(line):
            return Running(int(found[1]), int(found[2]), address)
    raise AssertionError("it ended before it was ready")


@contextmanager
def collecting(folder: Path, address: str, **fields: Any) -> Iterator[tuple[subprocess.Popen[str], Running]]:
    """A running collector, killed at the end if it has not ended."""
    process = start(write_config(folder, configuration(address, **fields)))
    try:
        yield process, wait_until_ready(process, address)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream
            stream.close()


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Another command, to its end."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60, check=False, **options)


def until(holds: Any, within_s: float = 10) -> None:
    """Waits for something to hold."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        time.sleep(0.02)
