"""The start of the installed command, while the CDK is imported."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
INTERRUPTED_WHILE_THE_CDK_IS_IMPORTED = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path, target=None):
        if name == "airbyte_cdk":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from destination_segment.start import main
main()
"""


def test_ctrl_c_during_the_start_ends_it_without_a_stack_trace() -> None:
    words = [sys.executable, "-c", INTERRUPTED_WHILE_THE_CDK_IS_IMPORTED, "spec"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
