"""How the process ends when it is told to, or when something was not foreseen: without a trace of keys or people."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

from airbyte_cdk.utils.constants import ENV_REQUEST_CACHE_PATH

from program.failure import Failure


def leave_nothing() -> None:
    """Has SIGTERM and SIGINT end this process at once, and the system write no image of it should it ever crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_at_once)


def end_at_once(number: int, frame: FrameType | None) -> None:
    """A signal handler that removes the folder which the CDK makes for each command, then ends the process.

    What was printed is all that counts, and the next sync goes on from it. A read exits with 128 plus the signal, for
    PyAirbyte takes a source that SIGTERM itself has ended for one that has read everything. It also sends SIGTERM to
    every other command whose answer it has, and takes only a death by it for success.
    """
    shutil.rmtree(os.environ.get(ENV_REQUEST_CACHE_PATH, ""), ignore_errors=True)
    if sys.argv[1:2] != ["read"]:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # does nothing to process 1 of a container
    os._exit(128 + number)


def unexpected(error: Exception) -> Failure:
    """An error that nobody foresaw, by its kind and place: its text and its stack may quote keys or people."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(
        f"This failed in a way that is not expected ({type(error).__name__} in {Path(place.filename).name}, line "
        f"{place.lineno}): start it again, and report it with this line if it stays.",
    )
