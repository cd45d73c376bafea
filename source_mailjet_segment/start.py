"""What the installed command starts with, before the CDK is imported, which takes seconds."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

COLLECT_EVERY = 100_000
"""Objects made between two looks for garbage. With Python's own figure, 700, a fifth of the time of the imports and of
a sync goes into looking, and hardly any cycle is found.
"""


def main() -> None:
    """Runs the command."""
    settle_streams()
    gc.set_threshold(COLLECT_EVERY, 50, 50)
    from source_mailjet_segment.first_look import find_refusal

    if refusal := find_refusal(sys.argv[1:]):
        print(refusal.line, flush=True)
        sys.exit(refusal.exit_code)
    from source_mailjet_segment.run import main as run

    gc.freeze()
    run()


def settle_streams() -> None:
    """Has all messages leave in UTF-8, as JSON does, and no file or connection take the place of a stream that whoever
    starts this has closed.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free
    if sys.stdout is None:
        with suppress(AttributeError):
            sys.stderr.write("The output is closed, so that nobody would get a message: open it.\n")
        sys.exit(1)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
