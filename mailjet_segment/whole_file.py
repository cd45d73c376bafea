"""A file that is written in one step: whoever reads it has the old one, or all of the new one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailjet_segment.scratch import HIDDEN, scratch_in
from program.failure import Failure

PRIVATE = 0o600


@contextmanager
def whole_file(path: Path, *, is_private: bool = False, advice: str = "give another file as -o") -> Iterator[Path]:
    """A path to write to. At the end, the file there replaces `path`; after an error, nothing of it is left.

    It lies in a hidden folder beside `path`, which only this user can enter. If this process is killed, the next one
    that writes there removes it. `is_private`: only the owner may read the file. Another file keeps the mode of the one
    that it replaces; a new one has what the umask leaves.

    An `OSError` becomes a `Failure`, whose sentence ends with `advice`.
    """
    try:
        with scratch_in(path.parent, HIDDEN) as folder:
            new = folder / "new"
            yield new
            with new.open("rb") as file:
                os.fsync(file.fileno())
            if is_private:
                new.chmod(PRIVATE)
            elif path.exists():
                new.chmod(stat.S_IMODE(path.stat().st_mode))
            new.replace(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}; {advice}.") from None
