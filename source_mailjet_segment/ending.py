"""How a signal ends the process: without a trace of keys or people."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from types import FrameType

from program.process import leave_no_core
from program.signals import SIGNALS, Listener

CDK_FOLDER = "REQUEST_CACHE_PATH"
"""The variable with the folder that the CDK makes for each command. To import its own name for it imports all of it."""
WAKE_EVERY_S = 0.05


def leave_nothing() -> None:
    """Has SIGTERM and SIGINT end this process at once, and the system write no image of it if it crashes.

    The installed command does so before it imports the CDK; `main` does so for whoever calls it without that.
    """
    if signal.getsignal(signal.SIGTERM) is end_at_once:
        return
    leave_no_core()
    Listener(_wake_main_thread)
    for number in SIGNALS:
        signal.signal(number, end_at_once)


def _wake_main_thread(number: int) -> None:
    """Repeats a signal, and is called for that too: until the main thread has handled it, which ends the process."""
    time.sleep(WAKE_EVERY_S)
    signal.pthread_kill(threading.main_thread().ident or 0, number)


def end_at_once(number: int, frame: FrameType | None) -> None:
    """A signal handler that removes the folder which the CDK makes for each command, then ends the process.

    Only printed messages count, and the next sync goes on from them. A read exits with 128 plus the signal, for
    PyAirbyte takes a source that SIGTERM itself has ended for one that has read everything. It also sends SIGTERM to
    every other command whose answer it has, and takes only a death by it for success.
    """
    shutil.rmtree(os.environ.get(CDK_FOLDER, ""), ignore_errors=True)
    if sys.argv[1:2] != ["read"]:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # does nothing to process 1 of a container
    os._exit(128 + number)
