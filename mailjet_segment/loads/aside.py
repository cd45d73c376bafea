"""dlt's work in a thread of its own: in the main thread, dlt would take the signals that are ours to hear."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def aside(work: Callable[[], Result]) -> Result:
    """Returns or raises as `work` does. The thread ends with the process, if a second signal ends that."""
    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=run, daemon=True, name="dlt").start()
    return done.result()
