"""How a signal ends the process: without a trace of keys or people."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from types import FrameType

from airbyte_cdk.utils.constants import ENV_REQUEST_CACHE_PATH

from program.process import leave_no_core


def leave_nothing() -> None:
    """Has SIGTERM and SIGINT end this process at once, and the system write no image of it if it crashes."""
    leave_no_core()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_at_once)


def end_at_once(number: int, frame: FrameType | None) -> None:
    """A signal handler that removes the folder which the CDK makes for each command, then ends the process.

    Only printed messages count, and the next sync goes on from them. A read exits with 128 plus the signal, for
    PyAirbyte takes a source that SIGTERM itself has ended for one that has read everything. It also sends SIGTERM to
    every other command whose answer it has, and takes only a death by it for success.
    """
    shutil.rmtree(os.environ.get(ENV_REQUEST_CACHE_PATH, ""), ignore_errors=True)
    if sys.argv[1:2] != ["read"]:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # does nothing to process 1 of a container
    os._exit(128 + number)
