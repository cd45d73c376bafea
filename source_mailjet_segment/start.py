"""The entry point of the installed command: it does much before it imports the CDK, which takes seconds."""

from __future__ import annotations

import gc
import sys

from program.process import collect_rarely, prepare_streams
from source_mailjet_segment.ending import leave_nothing


def main() -> None:
    """Runs the command."""
    prepare_streams()
    leave_nothing()
    collect_rarely()
    from source_mailjet_segment.first_look import find_refusal

    if refusal := find_refusal(sys.argv[1:]):
        print(refusal.line, flush=True)
        sys.exit(refusal.exit_code)
    from source_mailjet_segment.run import main as run

    gc.freeze()
    run()


if __name__ == "__main__":
    main()
