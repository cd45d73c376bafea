"""A JSON file that a command is given: it is read once, or refused in one sentence."""

from __future__ import annotations

import json
import os
from typing import Any

from program.failure import ConfigurationError


def read_object(name: str, path: str) -> dict[str, Any]:
    """The object in the file of the option `--name`; raises `ConfigurationError` for anything else."""
    content = read_json(name, path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"The file of --{name} is not a JSON object: give one, as the documentation shows.")
    return content


def read_json(name: str, path: str) -> Any:
    """The content of the file of the option `--name`; raises `ConfigurationError`, which quotes none of it."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise ConfigurationError(
            f"The file of --{name}, {path}, cannot be read ({error.strerror}): {_mend(error)}."
        ) from None
    except ValueError:
        raise ConfigurationError(f"The file of --{name} is not in UTF-8: write it again.") from None
    if not text.strip():
        raise ConfigurationError(f"The file of --{name} is empty: the command that should have written it has failed.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if str(error).startswith("Extra data"):
            raise ConfigurationError(
                f"The file of --{name} holds several messages, one a line: make one of them as the documentation shows."
            ) from None
        raise ConfigurationError(
            f"The file of --{name} is not JSON{_place(error)}: mend it, or write it again."
        ) from None


def _place(error: Exception) -> str:
    return f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""


def _mend(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"let user {os.geteuid()}, as whom this runs, read it (chown or chmod), or run this as its owner"
    return "give its path"
