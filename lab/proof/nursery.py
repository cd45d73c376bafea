"""Starts connectors by forking an interpreter that has imported them: a start takes a second otherwise, and a matrix is
a thousand starts.

A child has the pipes, arguments and environment of the executable that asked for it, and is a process of its own, which
can be killed; the executable waits for it and ends as it did. `python -m lab.proof.nursery SOCKET MODULE...` imports
the modules and serves until its stdin ends.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory, mkdtemp
from threading import Lock

CLIENT = Path(__file__).with_name("nursery_client.py")
MOST_BYTES = 1 << 20


_OPENING = Lock()
_KEPT = TemporaryDirectory(prefix="proof-")


def open_nursery(*modules: str) -> Path:
    """The socket of a nursery for these modules, which ends with this process; a child runs the `main` of one."""
    with _OPENING:
        return _open_nursery(modules)


@cache
def _open_nursery(modules: Sequence[str]) -> Path:
    path = Path(mkdtemp(dir=_KEPT.name)) / "nursery"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(path), *modules],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,  # its end tells the nursery that nobody needs it any more
        stdout=subprocess.PIPE,  # not a terminal: that decides how children buffer
    )
    atexit.register(process.kill)
    while not path.exists():
        if process.poll() is not None:
            raise RuntimeError("The nursery did not start.")
        time.sleep(0.05)
    return path


def serve(path: Path, modules: Sequence[str]) -> None:
    """Forks for each request; a child returns from here as the connector that it is to be."""
    for name in modules:  # not in the process that asks: they may scale its waits
        resolve_name(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path.with_suffix(".new")))
        listener.listen(128)
        path.with_suffix(".new").rename(path)
        while not select.select([listener, sys.stdin], [], [])[0].count(sys.stdin):
            asker, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                return _attend(asker)
            asker.close()


def _attend(asker: socket.socket) -> None:
    """Forks the connector, waits for it, and tells the asker how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, descriptors, _, _ = socket.recv_fds(asker, MOST_BYTES, 3)
    request = json.loads(message)
    pid = os.fork()
    if pid == 0:
        asker.close()
        _take_place(request, descriptors)
        resolve_name(f"{sys.argv[0]}:main")()
        return
    for descriptor in (0, 1, 2, *descriptors):
        os.close(descriptor)
    Path(request["pid_file"]).write_text(str(pid), "ascii")
    asker.sendall(json.dumps(os.waitpid(pid, 0)[1]).encode())
    os._exit(0)


def _take_place(request: dict[str, object], descriptors: list[int]) -> None:
    for place, descriptor in enumerate(descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(dict(request["environment"]))  # type: ignore[call-overload]
    os.chdir(str(request["folder"]))
    sys.argv = list(request["arguments"])  # type: ignore[call-overload]


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2:])
