"""A connector as a process with pipes, for so long and no longer."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lab.proof.counting import Ended
from lab.proof.messages import Message, parse_messages, sentence_of

LONGEST_S = 180
"""After so long a process is killed, and the cell says that it did not end."""
PAUSE_S = 0.1
"""Between what is fed: long enough that the destination sends what it has."""


@dataclass(frozen=True)
class Done:
    """What a process printed, and how it ended."""

    messages: list[Message]
    ended: Ended


def run_process(
    command: list[str | Path],
    feed: Iterable[bytes] | None = None,
    hangs_up_after: int | None = None,
    longest_s: float = LONGEST_S,
) -> Done:
    """Runs a connector; `feed` is written to its stdin piece by piece; after so many lines its stdout is closed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout
    assert process.stderr
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        process.kill()

    watch = threading.Timer(longest_s, stop)
    watch.start()
    errors: list[bytes] = []
    threads = [threading.Thread(target=lambda stream: errors.append(stream.read()), args=(process.stderr,))]
    if feed is not None:
        threads.append(threading.Thread(target=_feed, args=(process.stdin, feed)))
    for thread in threads:
        thread.start()
    try:
        output = _read(process.stdout, hangs_up_after)
        code = process.wait()
        for thread in threads:
            thread.join()
    finally:
        watch.cancel()
    messages = parse_messages(output.decode("utf-8", "replace"))
    sentence = sentence_of(messages, b"".join(errors).decode("utf-8", "replace"))
    if overdue.is_set():
        return Done(messages, Ended(None, f"did not end within {longest_s:.0f} s; {sentence}"))
    return Done(messages, Ended(code, sentence))


def _read(stdout: IO[bytes], hangs_up_after: int | None) -> bytes:
    with stdout:
        if hangs_up_after is None:
            return stdout.read()
        return b"".join(line for _, line in zip(range(hangs_up_after), stdout, strict=False))


def _feed(stdin: IO[bytes] | None, pieces: Iterable[bytes]) -> None:
    assert stdin
    with suppress(BrokenPipeError), stdin:
        for piece in pieces:
            stdin.write(piece)
            stdin.flush()
            time.sleep(PAUSE_S)


def write_files(folder: Path, **files: Any) -> list[str | Path]:
    """The files of a command as JSON, and the options that name them."""
    options: list[str | Path] = []
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
        options += [f"--{name}", path]
    return options
