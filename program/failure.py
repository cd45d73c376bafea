"""Failures that stop a program: each is one sentence with advice. The edge to a platform translates them."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Literal

Kind = Literal["config_error", "system_error", "transient_error"]
"""The person who must act: the user, the operator of this machine, or nobody, because a retry may help."""


class Failure(Exception):
    """One sentence that is fit for the user (no address, no stack of ours behind it), and the kind of the failure."""

    def __init__(self, sentence: str, kind: Kind = "system_error") -> None:
        super().__init__(sentence)
        self.sentence, self.kind = sentence, kind


class ConfigurationError(Failure):
    """The user must change something: the configuration, the state, the catalog, a permission."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "config_error")


class FieldError(ConfigurationError):
    """A field of the configuration is wrong: `path` names it (`region.api_url`); the other text ends the sentence."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"Field '{path}' of the configuration {what}.")


def field_path(path: str, step: str | int) -> str:
    """The path of a field inside the group or list at `path`, which is empty for the whole configuration."""
    return f"{path}.{step}" if path else str(step)


class Interrupted(Failure):
    """The user stopped the program with Ctrl-C."""


class MachineError(Failure):
    """The machine that the program runs on lacks something."""


def unexpected(error: Exception) -> Failure:
    """An error that nobody foresaw, by its type and place: its text and its stack may quote keys or people."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(
        f"This failed in an unexpected way ({type(error).__name__} in {Path(place.filename).name}, line "
        f"{place.lineno}): start it again, and report it with this line if it stays."
    )
