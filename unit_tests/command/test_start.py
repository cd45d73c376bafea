"""The first and the last moment of the command."""

from __future__ import annotations

import signal

from unit_tests.signalled import run_program, signalled_at

AT_ITS_END = """
import gc
from mailjet_segment.start import main

try:
    main()
finally:
    gc.collect()
    print(len(gc.get_objects()) < 1000)
"""


def interrupted_at(module: str) -> str:
    return signalled_at(module, signal.SIGINT, "mailjet_segment")


def test_ctrl_c_during_the_start_ends_it_without_a_stack_trace() -> None:
    assert run_program(interrupted_at("mailjet_segment.cli"), "status") == (-signal.SIGINT, "", "")


def test_ctrl_c_in_a_command_is_a_word_and_130() -> None:
    assert run_program(interrupted_at("mailjet_segment.status_command"), "status") == (
        130,
        "",
        "\nmailjet-segment: stopped.\n",
    )


def test_at_its_end_nothing_is_searched_for_garbage() -> None:
    code, out, _ = run_program(AT_ITS_END, "--version")
    assert (code, out.splitlines()[-1]) == (0, "True")
