"""The sentence for a machine that has no room for temporary files."""

from __future__ import annotations

import sqlite3

from program.failure import MachineError


def explain(error: sqlite3.Error) -> MachineError:
    """The failure for an error of SQLite, which could not write to the temporary folder."""
    return MachineError(
        f"The temporary folder of this machine cannot be written to ({error}): make room there, or set TMPDIR to a "
        "folder with room, then start again; a sync goes on from where it was."
    )
