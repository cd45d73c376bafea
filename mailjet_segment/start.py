"""The entry point of the installed command: what comes before the import of the command line, and after its end."""

from __future__ import annotations

import gc
import signal

from program.signals import end_at_once_on_sigint


def main() -> int:
    """Runs the command; returns its exit code."""
    handler = end_at_once_on_sigint()
    from mailjet_segment.cli import main as run

    signal.signal(signal.SIGINT, handler)
    try:
        return run()
    finally:
        gc.freeze()  # the interpreter would search all that was imported for garbage: a third of a second after a load
