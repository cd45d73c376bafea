"""Signals as events, so that what has to stop ends in order."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
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


@contextmanager
def heard(
    on_signal: Callable[[int], None],
    signals: Sequence[signal.Signals] = SIGNALS,
    in_main_thread: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Calls `on_signal` for each of the signals while the context lasts; only the main thread can hear any.

    A thread calls it, as soon as there is a signal. Python runs a handler only when the main thread runs next, and a
    signal that comes in the moment before that thread waits for something does not wake it. `in_main_thread` is called
    by such a handler: it may raise, and may come late.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = {int(number) for number in signals}

    def handle(number: int, frame: FrameType | None) -> None:
        in_main_thread()

    def hear(descriptor: socket.socket) -> None:
        while written := descriptor.recv(READ_AT_ONCE):
            for number in written:
                if number in numbers:
                    on_signal(number)

    with ExitStack() as stack:
        near, far = socket.socketpair()
        stack.callback(near.close)
        listener = threading.Thread(target=hear, args=(near,), name="signals", daemon=True)
        listener.start()
        stack.callback(listener.join)
        stack.callback(far.close)  # which ends the listener
        far.setblocking(False)
        former = signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
        stack.callback(signal.set_wakeup_fd, former)
        for number in signals:
            stack.callback(signal.signal, number, signal.signal(number, handle))
        yield
