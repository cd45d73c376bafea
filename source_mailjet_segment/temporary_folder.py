"""What a sync says when the machine has no room, or no place, for its temporary files."""

from __future__ import annotations

import sqlite3
import tempfile

from source_mailjet_segment.errors import MachineError

_MEND = "make room there, or set TMPDIR to a folder with room, then start again; a sync goes on from where it was"


def require_temporary_folder() -> None:
    """Raises `MachineError` where nothing can be written to, which the CDK would answer with a stack of calls."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise MachineError(
            "No folder for temporary files can be written to: give the connector one (docker run --tmpfs /tmp), or set "
            "TMPDIR to one."
        ) from None


def explain(error: sqlite3.Error) -> MachineError:
    """The sentence for what SQLite cannot write to the temporary folder."""
    return MachineError(f"The temporary folder of this machine cannot be written to ({error}): {_MEND}.")
