"""How signals end the source: at any moment, without a stack trace, with an exit code that says so."""

from __future__ import annotations

import signal

import pytest
from airbyte_cdk.utils.constants import ENV_REQUEST_CACHE_PATH

from source_mailjet_segment.ending import CDK_FOLDER
from unit_tests.signalled import run_program, signalled_at

# The system hands the signal to another thread, so it does not wake the main one: just as one that comes in the moment
# before the main thread begins to wait.
NOTHING_WAKES_THE_MAIN_THREAD = """
import signal, threading, time
from source_mailjet_segment.ending import leave_nothing

def send():
    time.sleep(0.2)  # until the main thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

leave_nothing()
queue = threading.Lock()
queue.acquire()
threading.Thread(target=send, daemon=True).start()
queue.acquire()
"""


def ended(program: str, command: str) -> tuple[int, str]:
    code, out, err = run_program(program, command)
    return code, out + err


@pytest.mark.parametrize(("command", "code"), [("read", 128 + signal.SIGTERM), ("check", -signal.SIGTERM)])
def test_a_signal_just_before_the_main_thread_waits_ends_the_process(command: str, code: int) -> None:
    assert ended(NOTHING_WAKES_THE_MAIN_THREAD, command) == (code, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_read_that_is_stopped_while_it_starts_does_not_look_complete(
    number: signal.Signals,
) -> None:
    assert ended(signalled_at("airbyte_cdk", number, "source_mailjet_segment"), "read") == (128 + number, "")


def test_the_folder_of_the_cdk_is_found_under_its_own_name() -> None:
    assert CDK_FOLDER == ENV_REQUEST_CACHE_PATH


def test_signals_end_it_also_if_main_is_called_by_itself() -> None:
    program = (
        "import signal, sys; from source_mailjet_segment.ending import end_at_once; "
        "from source_mailjet_segment.run import main; main(); "
        "sys.exit(signal.getsignal(signal.SIGTERM) is not end_at_once)"
    )
    code, printed = ended(program, "spec")
    assert (code, '"type":"SPEC"' in printed) == (0, True), printed
