"""The first and the last moment of the command."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
INTERRUPTED_WHILE_IT_STARTS = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path, target=None):
        if name == "mailjet_segment.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from mailjet_segment.start import main
sys.exit(main())
"""
INTERRUPTED_WHILE_IT_RUNS = INTERRUPTED_WHILE_IT_STARTS.replace("mailjet_segment.cli", "mailjet_segment.status_command")
AT_ITS_END = """
import gc
from mailjet_segment.start import main

try:
    main()
finally:
    gc.collect()
    print(len(gc.get_objects()) < 1000)
"""


def run(program: str, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    return done.returncode, done.stdout, done.stderr


def test_ctrl_c_during_the_start_ends_it_without_a_stack_trace() -> None:
    assert run(INTERRUPTED_WHILE_IT_STARTS, "status") == (-signal.SIGINT, "", "")


def test_ctrl_c_in_a_command_is_a_word_and_130() -> None:
    assert run(INTERRUPTED_WHILE_IT_RUNS, "status") == (130, "", "\nmailjet-segment: stopped.\n")


def test_at_its_end_nothing_is_searched_for_garbage() -> None:
    code, out, _ = run(AT_ITS_END, "--version")
    assert (code, out.splitlines()[-1]) == (0, "True")
