"""Which processes are listened to: the connectors and the command, however a test starts them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_COMMANDS = {"source-mailjet-segment", "destination-segment", "mailjet-segment"}
_MODULES = ("source_mailjet_segment", "destination_segment", "mailjet_segment")


def words_of(command: Any) -> list[str]:
    """The words of a command, as `subprocess.Popen` takes it: a text, a path, or a list of both."""
    return [os.fsdecode(word) for word in ([command] if isinstance(command, (str, bytes, os.PathLike)) else command)]


def is_ours(words: Sequence[str]) -> bool:
    """Whether a command runs a connector or our command; `sandbox` shows the keys of the stand-ins, as it should."""
    return _runs_ours(words) and "sandbox" not in words


def _runs_ours(words: Sequence[str]) -> bool:
    names = {Path(word).name.partition(":")[0] for word in words}
    imports = tuple(f"from {name}" for name in _MODULES)
    return bool(names & _COMMANDS) or any(
        word.startswith(_MODULES) or any(text in word for text in imports) for word in words
    )
