"""Ctrl-C, SIGTERM and a closed terminal as a wish to stop: finished work is kept. A second signal stops at once.

Not `program.signals`, which is for programs that a platform runs: they have no terminal to lose, and no second Ctrl-C.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
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

    A thread sets the event. A handler runs within whatever its thread does, which may be `stop.wait()`: that holds the
    event's lock for a moment, and `set` would wait for it forever. A `SimpleQueue` may be put into by a handler.
    """
    stop, heard, is_first = Stop(), SimpleQueue[bool](), True

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal is_first
        if not is_first:
            raise KeyboardInterrupt
        is_first, stop.by_keyboard = False, number == signal.SIGINT
        heard.put(True)

    def set_when_heard() -> None:
        if heard.get():
            stop.set()

    setter = threading.Thread(target=set_when_heard, name="signals", daemon=True)
    setter.start()
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
        heard.put(False)
        setter.join()
