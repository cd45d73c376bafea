"""What the installed command starts with, before the CDK is imported, which takes seconds."""

from __future__ import annotations

import gc
import sys

from program.process import prepare_streams

COLLECT_EVERY = 100_000
"""Objects made between two looks for garbage. With Python's own figure, 700, a fifth of the time of the imports and of
a sync goes into looking, and hardly any cycle is found.
"""


def main() -> None:
    """Runs the command."""
    prepare_streams()
    gc.set_threshold(COLLECT_EVERY, 50, 50)
    from destination_segment.first_look import find_refusal

    if refusal := find_refusal(sys.argv[1:], has_input=sys.stdin is not None):
        print(refusal.line, flush=True)
        sys.exit(refusal.exit_code)
    from destination_segment.run import main as run

    gc.freeze()
    run()


if __name__ == "__main__":
    main()
