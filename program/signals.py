"""Signals as events, so that what has to stop ends in order."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
READ_AT_ONCE = 64


def end_with_0_on_sigterm() -> None:
    """Ends this process at once by SIGTERM, until something else handles it: for a start, which leaves nothing undone.

    As the first process of a container it would not be ended by SIGTERM at all.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))


def end_at_once_on_sigint() -> Any:
    """Ends this process by SIGINT without a stack trace, until something else handles it: for a start, as above.

    Returns the handler until then.
    """
    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:  # else the shell has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return former


class Listener:
    """Calls `on_signal` in a thread, at once, for each signal that Python handles, until it is closed.

    Python runs a handler only when the main thread runs next, and a signal that comes in the moment before that thread
    waits for something does not wake it. Only the main thread may make a listener.
    """

    def __init__(self, on_signal: Callable[[int], None]) -> None:
        self._on_signal = on_signal
        self._near, self._far = socket.socketpair()
        self._far.setblocking(False)
        self._former = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._hear, name="signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hears no more."""
        signal.set_wakeup_fd(self._former)
        self._far.close()  # which ends the thread
        self._thread.join()
        self._near.close()

    def _hear(self) -> None:
        while written := self._near.recv(READ_AT_ONCE):
            for number in written:
                self._on_signal(number)


@contextmanager
def heard(
    on_signal: Callable[[int], None],
    signals: Sequence[signal.Signals] = SIGNALS,
    in_main_thread: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Calls `on_signal` for each of the signals while the context lasts; only the main thread can hear any.

    A thread calls it, as soon as there is a signal. `in_main_thread` is called by Python's handler: it may raise, and
    may come late (`Listener`).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(number: int) -> None:
        if number in signals:
            on_signal(number)

    def handle(number: int, frame: FrameType | None) -> None:
        in_main_thread()

    with closing(Listener(hear)):
        before = {number: signal.signal(number, handle) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
