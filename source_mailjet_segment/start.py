"""What the installed command starts with, before the CDK is imported."""

from __future__ import annotations

import gc

COLLECT_EVERY = 100_000
"""Objects made between two looks for garbage. With Python's own figure, 700, a fifth of the time of the imports and of
a sync goes into looking, and hardly any cycle is found.
"""


def main() -> None:
    """Runs the command."""
    gc.set_threshold(COLLECT_EVERY, 50, 50)
    from source_mailjet_segment.run import main as run

    gc.freeze()
    run()
