"""Ctrl-C, SIGTERM and a closed terminal as a wish to stop: finished work is kept. A second signal stops at once.

Not `program.signals`, which is for programs that a platform runs: they have no terminal to lose, and no second Ctrl-C.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from program.failure import Failure, Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(threading.Event):
    """Set when the user wishes to stop; `by_keyboard` if it was with Ctrl-C."""

    by_keyboard = False


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """An event that the first signal sets; the second raises `KeyboardInterrupt`.

    A signal that this process was started to ignore (`nohup`) stays ignored. A `Failure` that follows from Ctrl-C
    becomes `Interrupted`.
    """
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.by_keyboard = number == signal.SIGINT
        stop.set()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in heeded:
        signal.signal(number, handle)
    try:
        yield stop
    except Failure as failure:
        if stop.by_keyboard:
            raise Interrupted(str(failure)) from failure.__cause__
        raise
    finally:
        for number, handler in heeded.items():
            signal.signal(number, handler)
