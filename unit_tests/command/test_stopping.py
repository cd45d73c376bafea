"""The first signal is a wish, the second an order."""

from __future__ import annotations

import os
import signal

import pytest

from mailjet_segment.stopping import stop_on_signal
from program.failure import Failure, Interrupted
from unit_tests.signalled import run_program


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_only_sets_the_event(number: signal.Signals) -> None:
    with stop_on_signal() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(10)


SIGNALLED_WHILE_IT_WAITS = """
import os, signal
from mailjet_segment.stopping import stop_on_signal
with stop_on_signal() as stop:
    with stop._cond:  # as `wait` holds it, for a moment
        os.kill(os.getpid(), signal.SIGTERM)
    print(stop.wait(5))
"""

# The system hands the signal to another thread, so it does not wake the main one: just as one that comes in the moment
# before the main thread begins to wait.
NOTHING_WAKES_THE_MAIN_THREAD = """
import signal, threading, time
from mailjet_segment.stopping import stop_on_signal

def send():
    time.sleep(0.2)  # until the main thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGHUP)
    print(stop.wait(5))
    answer.release()

answer = threading.Lock()
with stop_on_signal() as stop:
    answer.acquire()
    threading.Thread(target=send).start()
    answer.acquire()
"""


@pytest.mark.parametrize(
    "program", [SIGNALLED_WHILE_IT_WAITS, NOTHING_WAKES_THE_MAIN_THREAD], ids=["in-its-own-thread", "in-another-thread"]
)
def test_a_signal_is_heard_at_once_whatever_the_main_thread_waits_for(program: str) -> None:
    assert run_program(program) == (0, "True\n", "")


def test_the_second_signal_ends_what_runs() -> None:
    with stop_on_signal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(10)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signal():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_a_closed_terminal_is_a_wish_to_stop_unless_it_was_to_be_ignored() -> None:
    with stop_on_signal() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop.wait(10)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.wait(0.1)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("number", "kind"), [(signal.SIGINT, Interrupted), (signal.SIGTERM, Failure)])
def test_a_failure_after_ctrl_c_is_an_interruption_and_after_sigterm_is_not(
    number: signal.Signals, kind: type[Failure]
) -> None:
    with pytest.raises(Failure) as raised:
        fail_after(number)
    assert type(raised.value) is kind


def fail_after(number: signal.Signals) -> None:
    with stop_on_signal() as stop:
        os.kill(os.getpid(), number)
        assert stop.wait(10)
        raise Failure("Stopped.")
