"""The start of the installed command, while the CDK is imported."""

from __future__ import annotations

import signal

from unit_tests.signalled import run_program, signalled_at


def test_ctrl_c_during_the_start_ends_it_without_a_stack_trace() -> None:
    program = signalled_at("airbyte_cdk", signal.SIGINT, "destination_segment")
    assert run_program(program, "spec") == (-signal.SIGINT, "", "")
