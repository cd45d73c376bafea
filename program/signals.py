"""SIGTERM and SIGINT as events, so that a sync that has to stop ends in order."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def end_with_0_on_sigterm() -> None:
    """Ends this process at once by SIGTERM, until something else handles it: for a start, which leaves nothing undone.

    As the first process of a container it would not be ended by SIGTERM at all.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))


@contextmanager
def heard(on_signal: Callable[[int], None]) -> Iterator[None]:
    """Calls `on_signal` for each of the signals while the context lasts; only the main thread gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda number, frame: on_signal(number)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
