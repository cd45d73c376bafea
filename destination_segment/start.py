"""The entry point of the installed command: it refuses mistakes before it imports the CDK, which takes seconds."""

from __future__ import annotations

import gc
import sys

from program.process import collect_rarely, prepare_streams
from program.signals import end_at_once_on_sigint


def main() -> None:
    """Runs the command."""
    prepare_streams()
    end_at_once_on_sigint()
    collect_rarely()
    from destination_segment.first_look import find_refusal

    if refusal := find_refusal(sys.argv[1:], has_input=sys.stdin is not None):
        print(refusal.line, flush=True)
        sys.exit(refusal.exit_code)
    from destination_segment.run import main as run

    gc.freeze()
    run()


if __name__ == "__main__":
    main()
