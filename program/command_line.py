"""The arguments of a command, looked at before what takes seconds to import has parsed them."""

from __future__ import annotations

from collections.abc import Sequence


def value_of(option: str, arguments: Sequence[str]) -> str | None:
    """What is given for an option, as `--option value` or `--option=value`; the last one counts."""
    found = None
    for at, argument in enumerate(arguments):
        if argument == option and at + 1 < len(arguments):
            found = arguments[at + 1]
        elif argument.startswith(f"{option}="):
            found = argument.removeprefix(f"{option}=")
    return found
