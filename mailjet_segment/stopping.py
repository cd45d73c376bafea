"""Ctrl-C, SIGTERM and a closed terminal as a wish to stop: finished work is kept. A second signal stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from program.failure import Failure, Interrupted
from program.signals import heard

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
    stop, is_first = Stop(), True

    def set_stop(number: int) -> None:
        if not stop.is_set():
            stop.by_keyboard = number == signal.SIGINT
            stop.set()

    def raise_the_second_time() -> None:
        nonlocal is_first
        if not is_first:
            raise KeyboardInterrupt
        is_first = False

    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    with heard(set_stop, heeded, raise_the_second_time):
        try:
            yield stop
        except Failure as failure:
            if stop.by_keyboard:
                raise Interrupted(str(failure)) from failure.__cause__
            raise
