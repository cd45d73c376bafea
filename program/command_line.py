"""The arguments of a command, read before the parser is there: its import takes seconds."""

from __future__ import annotations

from collections.abc import Sequence


def value_of(option: str, arguments: Sequence[str]) -> str | None:
    """The value of an option, as `--option value` or `--option=value`; of several the last."""
    found = None
    for at, argument in enumerate(arguments):
        if argument == option and at + 1 < len(arguments):
            found = arguments[at + 1]
        elif argument.startswith(f"{option}="):
            found = argument.removeprefix(f"{option}=")
    return found
