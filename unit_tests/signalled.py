"""Programs as texts, run as processes; and one that gets a signal while it imports a module."""

from __future__ import annotations

import subprocess
import sys

from unit_tests.imports import ROOT

_SIGNALLED = """
import os, sys

class Signal:
    def find_spec(self, name, path, target=None):
        if name == "{module}":
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Signal())
from {package}.start import main
sys.exit(main())
"""


def signalled_at(module: str, number: int, package: str) -> str:
    """The installed command of a package, which gets a signal as soon as it imports this module."""
    return _SIGNALLED.format(module=module, number=int(number), package=package)


def run_program(program: str, *words: str) -> tuple[int, str, str]:
    """Its exit code and what it printed, on stdout and on stderr."""
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    return done.returncode, done.stdout, done.stderr
